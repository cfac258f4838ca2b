// Measuring: the length of a line along clicked points. While it is on, a click sets a point and
// opens no card.
"use strict";

quarterhour.measure = function (map, page) {
  const { make } = quarterhour;
  const words = page.words, box = map.getContainer();
  const pane = map.createPane("measure");
  pane.style.zIndex = 640;
  pane.style.pointerEvents = "none";
  const renderer = L.svg({ pane: "measure", padding: 0.5 });
  const look = { pane: "measure", renderer, interactive: false, color: "#111111" };
  let points = [], drawn = [], on = false, told_on = () => {};

  // Metres between two near places on the ellipsoid of WGS 84, along its radii at the middle
  // latitude: within a millimetre of the geodesic over some kilometres.
  function apart(a, b) {
    const turn = Math.PI / 180, flat = 0.00669437999014;
    const middle = (turn * (a.lat + b.lat)) / 2, w = Math.sqrt(1 - flat * Math.sin(middle) ** 2);
    const north = (turn * (b.lat - a.lat) * page.earth * (1 - flat)) / w ** 3;
    const east = (turn * (b.lng - a.lng) * page.earth * Math.cos(middle)) / w;
    return Math.hypot(north, east);
  }

  const said = (metres) => (metres < 999.5 ? words.metres.replace("#", Math.round(metres)) : words.kilometres.replace("#", (metres / 1000).toFixed(2)));

  const total = make("span", "total", words.measure_help);
  total.setAttribute("role", "status");
  const button = (name, act) => {
    const made = make("button", "", words[name]);
    made.type = "button";
    made.id = name;
    made.addEventListener("click", act);
    return made;
  };
  const bar = make("div", "measure", null, total, make("span", "acts", null,
    button("measure_undo", undo), button("measure_clear", clear), button("measure_end", stop)));
  bar.hidden = true;
  document.body.append(bar);
  box.append(make("div", "cross"));

  function draw() {
    drawn.forEach((part) => part.remove());
    let length = 0;
    drawn = points.length ? [L.polyline(points, { ...look, weight: 3, dashArray: "7 4" })] : [];
    points.forEach((point, n) => {
      if (n) length += apart(points[n - 1], point);
      drawn.push(L.circleMarker(point, { ...look, radius: 4, weight: 2, fillColor: "#ffffff", fillOpacity: 1 }));
      if (n) {
        drawn.push(L.marker(point, {
          pane: "measure", interactive: false, keyboard: false,
          icon: L.divIcon({ className: "length", html: make("span", "", said(length)), iconSize: [0, 0] }),
        }));
      }
    });
    drawn.forEach((part) => part.addTo(map));
    total.textContent = points.length > 1 ? words.measure_total.replace("#", said(length)) : words.measure_help;
    bar.dataset.metres = length.toFixed(2);
  }

  function add(place) {
    points.push(place);
    draw();
  }

  function undo() {
    points.pop();
    draw();
  }

  function clear() {
    points = [];
    draw();
  }

  function turn(to) {
    on = to;
    bar.hidden = !on;
    document.body.classList.toggle("measuring", on);
    clear();
    if (on) map.closePopup();
    told_on(on);
  }

  function stop() {
    if (on) turn(false);
  }

  // Caught on the way down: no sign, gap or area below hears the click.
  function caught(act) {
    return (event) => {
      if (!on || event.target.closest(".leaflet-control")) return;
      event.stopPropagation();
      event.preventDefault();
      act(event);
    };
  }
  box.addEventListener("click", caught((event) => {
    // The end of a drag is a click, too; of a double click the first sets the point.
    const dragged = map.dragging.enabled() && map.dragging.moved();
    if (!dragged && event.detail < 2) add(map.mouseEventToLatLng(event));
  }), true);
  box.addEventListener("dblclick", caught(() => {}), true);
  box.addEventListener("keydown", (event) => {
    if (!on || event.target !== box) return;
    if (event.key === "Enter") add(map.getCenter());
    else if (event.key === "Backspace") undo();
  });

  return { stop, toggle: () => turn(!on), is_on: () => on, watch: (heard) => { told_on = heard; } };
};
