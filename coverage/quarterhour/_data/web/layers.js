// From the page's layers to what Leaflet draws: made when first shown, and again for another kind.
"use strict";

quarterhour.drawing = function (map, page, space) {
  const { card, make, sign } = quarterhour;
  const canvas = L.canvas({ padding: 0.3 });
  const opacity = 0.6;
  const hatching = quarterhour.hatching(page.withheld.colour);
  const areas = page.areas.map((area) => ({ ...area, rings: space.rings(area.g), at: space.place(area.at) }));

  ["streets", "names"].forEach((name, n) => {
    const pane = map.createPane(name);
    pane.style.zIndex = [250, 590][n];
    pane.style.pointerEvents = "none";
  });

  function polygon(rings, style) {
    return L.polygon(rings, {
      renderer: canvas, stroke: false, fillOpacity: opacity, smoothFactor: 0.8, interactive: false, ...style,
    });
  }

  // An area that cannot say: Leaflet's canvas takes a pattern wherever it takes a colour.
  const hatched = (n) => polygon(areas[n].rings, { fillColor: hatching, fillOpacity: 0.85 });

  function open(cards, item, place) {
    const size = map.getSize(), wide = size.x > 1000;
    const width = Math.min(320, size.x - 40);
    const from = document.activeElement;
    const popup = L.popup({
      maxWidth: width,
      minWidth: Math.min(250, width),
      maxHeight: Math.max(160, size.y * 0.5),
      // Clear of the title and the panels, which lie on the map.
      autoPanPaddingTopLeft: [wide ? 285 : 12, wide ? 45 : size.y < 480 ? 30 : 165],
      autoPanPaddingBottomRight: [wide ? 285 : 12, 20],
    })
      .setLatLng(place).setContent(card(cards, item)).openOn(map);
    reach(popup, from);
    return popup;
  }

  // The keyboard goes into a card that opens, and back to where it was when the card closes.
  function reach(popup, from) {
    const shown = popup.getElement(), inside = shown.querySelector(".card");
    const close = shown.querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", page.words.close);
    inside.setAttribute("role", "dialog");
    inside.setAttribute("aria-label", inside.querySelector("h2").textContent);
    inside.tabIndex = -1;
    inside.focus({ preventScroll: true });
    popup.on("remove", () => {
      if (from && from !== document.body && from.isConnected && (document.activeElement === document.body || shown.contains(document.activeElement))) from.focus({ preventScroll: true });
    });
  }

  // Dots and signs are smaller while the whole district is in view.
  const scale = () => (map.getZoom() < 14 ? 0.5 : 1);

  function badge(name, element, place, size, title, act) {
    const marker = L.marker(place, {
      title, icon: L.divIcon({ className: name, html: element, iconSize: [size, size], iconAnchor: [size / 2, size / 2] }),
    });
    marker.on("click", act);
    marker.on("add", () => {
      const icon = marker.getElement();
      icon.setAttribute("aria-label", title);
      // An icon is no button to the browser: it hears no Enter by itself.
      icon.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act();
      });
    });
    return marker;
  }

  const make_layer = {
    share: (layer, colours) => areas.map((area, n) => (colours[n] ? polygon(area.rings, { fillColor: colours[n] }) : hatched(n))),

    bands: (layer, found, kind) => [
      ...found.map((band) => polygon(space.rings(band.g), { fillColor: band.fill })),
      ...page.withheld.areas[kind].map(hatched),
    ],

    areas(layer, tips) {
      const outlines = areas.map((area, n) => {
        const shape = polygon(area.rings, {
          stroke: !layer.borders, color: layer.colour, weight: 1.2, opacity: 0.9, fillOpacity: 0, interactive: true,
        });
        const tip = make("div", "tip", null, make("b", "", area.name));
        tips[n].forEach((line) => tip.append(make("div", "", line)));
        shape.bindTooltip(tip, { sticky: true, direction: "top", opacity: 0.95 });
        shape.on("click", (event) => open(layer.cards, n, event.latlng));
        return shape;
      });
      // Borders that are a guess come apart: dashes of two neighbours would fill each other's blanks.
      const guessed = layer.borders ? [L.polyline(space.rings(layer.borders), {
        renderer: canvas, color: layer.colour, weight: 1.2, opacity: 0.9, dashArray: "6 4", smoothFactor: 0.8, interactive: false,
      })] : [];
      return [...outlines, ...guessed, ...names()];
    },

    gaps(layer, found, kind) {
      const held = new Set(found.withheld);
      const colour = (n) => (held.has(n) ? layer.withheld_colour : layer.colour);
      const shapes = found.shapes.map((packed, n) => {
        const shape = polygon(space.rings(packed), {
          stroke: true, color: colour(n), weight: 2, dashArray: "6 4", fillColor: colour(n), fillOpacity: 0.12, interactive: true,
        });
        shape.on("click", (event) => open_gap(found.cards, n, event.latlng, kind));
        return shape;
      });
      // The number sits on the upper edge, so that a site in the middle does not hide it.
      const signs = space.points(found.g).map((place, n) => {
        const ring = shapes[n].getLatLngs().flat();
        const top = ring.reduce((a, b) => (b.lat > a.lat ? b : a), ring[0] || place);
        const marker = badge(held.has(n) ? "gap withheld" : "gap", make("span", "", found.ids[n]), top, 30, found.cards.title[n], () => open_gap(found.cards, n, place, kind));
        marker.options.zIndexOffset = 500;
        return marker;
      });
      return [...shapes, ...signs];
    },

    people: (layer, found) => space.points(found.g).map((place, n) => {
      const sure = n < found.sure, colour = sure ? layer.colour : layer.withheld_colour;
      const size = layer.classes.filter((size) => found.people[n] >= size.least).pop();
      const dot = L.circleMarker(place, {
        renderer: canvas, radius: size.radius * scale(), color: colour, weight: 0.8, fillColor: colour, fillOpacity: 0.65,
      });
      const count = found.people[n] < 9.5 ? found.people[n].toFixed(1) : Math.round(found.people[n]).toLocaleString("en");
      return dot.bindTooltip((sure ? layer.tip || page.words.people_here : page.words.people_unsure).replace("#", count), { direction: "top" });
    }),

    walks: (layer, found) => ways(layer, found, () => true),

    signs: (layer) => [...lines_of(layer), ...space.points(layer.g).map((place, n) => {
      const size = layer.numbers ? 28 : ["dot", "pentagon"].includes(layer.sign.shape) ? 14 : 19;
      const marker = badge(layer.numbers ? "sign site" : "sign", sign(layer.looks ? layer.looks[n] : layer.sign, layer.numbers ? n + 1 : undefined), place, size, layer.cards.title[n], () => open(layer.cards, n, place));
      if (layer.numbers) marker.options.zIndexOffset = 1000;
      return marker;
    })],

    streets: () => [new quarterhour.Streets(page.base, space)],

    tiles: () => page.tiles.urls.map((url) => L.tileLayer(url, {
      maxZoom: 19, maxNativeZoom: page.tiles.zoom, attribution: page.tiles.attribution, referrerPolicy: "strict-origin-when-cross-origin",
    })),
  };

  // Example walks, each with a dot where it begins.
  function ways(layer, found, wanted) {
    return space.rings(found.g).flatMap((line, n) => {
      if (!wanted(n)) return [];
      const way = L.polyline(line, { renderer: canvas, color: layer.colour, weight: 3, opacity: 0.9, smoothFactor: 0.8 });
      const start = L.circleMarker(line[0], {
        renderer: canvas, radius: 4, weight: 2, color: layer.colour, fillColor: "#ffffff", fillOpacity: 1,
      });
      return [way, start].map((part) => part.on("click", (event) => open(found.cards, n, event.latlng)));
    });
  }

  // A gap shows its own walks as long as its card is open.
  const walks = page.groups.flatMap((group) => group.layers).find((layer) => layer.type === "walks");
  function open_gap(cards, item, place, kind) {
    const popup = open(cards, item, place);
    if (!walks) return;
    const found = walks.data[kind];
    const drawn = ways(walks, found, (n) => found.gap[n] === item);
    drawn.forEach((part) => part.addTo(map));
    popup.on("remove", () => drawn.forEach((part) => part.remove()));
  }

  const lines_of = (layer) => (layer.lines ? space.rings(layer.lines).map((line) => L.polyline(line, {
    renderer: canvas, color: layer.colour, weight: 4, opacity: 0.9, interactive: false,
  })) : []);

  function names() {
    const order = areas.map((_, n) => n).sort((a, b) => areas[b].size - areas[a].size);
    return order.map((n) => L.marker(areas[n].at, {
      pane: "names", interactive: false, keyboard: false,
      icon: L.divIcon({ className: "name", html: make("span", "", areas[n].name), iconSize: [0, 0] }),
    }));
  }

  return {
    make: (layer, kind) => make_layer[layer.type](layer, layer.by_kind ? layer.data[kind] : layer.data, layer.kind || kind),
    open,
    open_gap,
    scale,
    areas,
    canvas,
  };
};
