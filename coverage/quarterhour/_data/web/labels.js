// Names of areas and numbers of gaps step aside for each other; what finds no room waits until the
// reader zooms in. Signs of sites stay where they are.
"use strict";

quarterhour.labels = function (map) {
  const near = [[0, 0], [0, -12], [0, 12], [0, -18], [0, 18], [-18, 0], [18, 0], [-18, -12], [18, 12]];
  const wider = [...near, [0, -28], [0, 28], [-34, 0], [34, 0], [-34, -16], [34, 16]];
  let waiting = 0;

  const meets = (a, b) => Math.abs(a.at.x - b.at.x) < a.w + b.w && Math.abs(a.at.y - b.at.y) < a.h + b.h;
  const boxes = (name) => [...map.getPane("markerPane").querySelectorAll(name)].map((icon) => ({
    icon, at: L.DomUtil.getPosition(icon), w: icon.offsetWidth / 2, h: icon.offsetHeight / 2,
  }));

  // Names come in the order of their size: the largest area chooses first.
  function place_names(signs, taken) {
    // On a phone an area is hardly wider than its name: a far step would end in the next one.
    const shifts = map.getSize().x > 700 ? wider : near;
    for (const icon of map.getPane("names").children) {
      const text = icon.firstChild, at = L.DomUtil.getPosition(icon);
      const w = text.offsetWidth / 2 + 2, h = text.offsetHeight / 2;
      const best = shifts.map(([x, y]) => ({ x, y, at: at.add([x, y]), w, h }))
        .filter((box) => !taken.some((other) => meets(box, other)))
        .map((box) => ({ ...box, cost: signs.filter((other) => meets(box, other)).length }))
        .reduce((a, b) => (a && a.cost <= b.cost ? a : b), null);
      text.style.visibility = best ? "visible" : "hidden";
      if (best) {
        text.style.left = `${best.x}px`;
        text.style.top = `${best.y}px`;
        taken.push(best);
      }
    }
  }

  // Numbers come in the order of their people: the gravest gap chooses first.
  function place_numbers(taken) {
    for (const box of boxes(".gap")) {
      box.h = 9;
      const clear = !taken.some((other) => meets(box, other));
      box.icon.style.visibility = clear ? "visible" : "hidden";
      if (clear) taken.push(box);
    }
  }

  function settle() {
    const taken = boxes(".site");
    place_names(boxes(".sign"), taken);
    place_numbers(taken);
  }

  function later() {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(settle);
  }
  map.on("zoomend viewreset resize", later);
  return { settle: later };
};
