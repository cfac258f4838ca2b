// Packed shapes (maps/web_shapes.py tells the form) and the streets drawn from them.
"use strict";

const quarterhour = {};

quarterhour.space = function (page) {
  const half = Math.PI * page.earth;
  const [east, north] = page.origin;

  // Parts of a packed text: flat arrays x, y, x, y, ... in Web Mercator metres.
  function parts(text) {
    const raw = atob(text);
    const out = [];
    let at = 0, x = 0, y = 0;
    function next() {
      let value = 0, factor = 1, byte;
      do {
        byte = raw.charCodeAt(at++);
        value += (byte & 127) * factor;
        factor *= 128;
      } while (byte & 128);
      return value;
    }
    const signed = (value) => (value % 2 ? -(value + 1) / 2 : value / 2);
    while (at < raw.length) {
      const count = next();
      const part = new Float64Array(2 * count);
      for (let k = 0; k < count; k++) {
        x += signed(next());
        y += signed(next());
        part[2 * k] = east + x * page.step;
        part[2 * k + 1] = north + y * page.step;
      }
      out.push(part);
    }
    return out;
  }

  function latlng(x, y) {
    return L.Projection.SphericalMercator.unproject(L.point(x, y));
  }

  function rings(text) {
    return parts(text).map((part) => {
      const ring = [];
      for (let k = 0; k < part.length; k += 2) ring.push(latlng(part[k], part[k + 1]));
      return ring;
    });
  }

  return {
    parts,
    rings,
    points: (text) => (text ? rings(text)[0] : []),
    place: ([x, y]) => latlng(east + x * page.step, north + y * page.step),
    half,
  };
};

// All streets on one canvas, drawn anew after each move: sharp at every zoom.
quarterhour.Streets = L.Renderer.extend({
  initialize(strokes, space) {
    L.Renderer.prototype.initialize.call(this, { pane: "streets", padding: 0.15 });
    this._space = space;
    this._strokes = strokes.map((stroke) => ({ ...stroke, parts: space.parts(stroke.g).map(boxed) }));
    function boxed(part) {
      let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let k = 0; k < part.length; k += 2) {
        west = Math.min(west, part[k]);
        east = Math.max(east, part[k]);
        south = Math.min(south, part[k + 1]);
        north = Math.max(north, part[k + 1]);
      }
      return { part, west, south, east, north };
    }
  },

  _initContainer() {
    this._container = document.createElement("canvas");
  },

  _destroyContainer() {
    this._container.remove();
  },

  _onZoomEnd() {},
  _updatePaths() {},

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const canvas = this._container, size = this._bounds.getSize();
    // Paper is finer than any screen.
    const paper = document.body.classList.contains("paper");
    const dense = paper ? 3 : Math.max(1, Math.min(2, window.devicePixelRatio || 1));
    L.DomUtil.setPosition(canvas, this._bounds.min);
    canvas.width = dense * size.x;
    canvas.height = dense * size.y;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    const pen = canvas.getContext("2d");
    pen.scale(dense, dense);
    this._draw(pen, size);
  },

  _draw(pen, size) {
    const zoom = this._map.getZoom(), half = this._space.half;
    const scale = (256 * 2 ** zoom) / (2 * half);
    const corner = this._map.getPixelOrigin().add(this._bounds.min);
    const x0 = corner.x - half * scale, y0 = corner.y - half * scale;
    const west = x0 / scale, east = (x0 + size.x) / scale;
    const north = -y0 / scale, south = -(y0 + size.y) / scale;
    const grow = Math.max(0.6, Math.min(4, 1.45 ** (zoom - 14)));
    pen.lineJoin = pen.lineCap = "round";
    for (const stroke of this._strokes) {
      if (stroke.from && zoom < stroke.from) continue;
      pen.beginPath();
      for (const box of stroke.parts) {
        if (box.west > east || box.east < west || box.south > north || box.north < south) continue;
        const part = box.part;
        pen.moveTo(part[0] * scale - x0, -part[1] * scale - y0);
        for (let k = 2; k < part.length; k += 2) {
          pen.lineTo(part[k] * scale - x0, -part[k + 1] * scale - y0);
        }
      }
      if (stroke.fill) {
        pen.fillStyle = stroke.fill;
        pen.fill("evenodd");
        pen.setLineDash([]);
        pen.lineWidth = 0.8;
        pen.strokeStyle = stroke.edge;
        pen.stroke();
      } else {
        pen.setLineDash(stroke.dash || []);
        pen.strokeStyle = stroke.line;
        pen.lineWidth = stroke.width * grow;
        pen.stroke();
      }
    }
  },
});
