// Small drawn things: signs of places, swatches of the legend, and the card of a feature.
"use strict";

// An element with a class, text and children; text never becomes markup.
quarterhour.make = function (tag, name, text, ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined && text !== null) element.textContent = text;
  element.append(...children);
  return element;
};

quarterhour.svg = function (tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

// A sign of 20 units across; a pin carries a number and is larger.
quarterhour.sign = function (look, number) {
  const { svg } = quarterhour;
  const paint = look.hollow
    ? { fill: "#ffffff", stroke: look.colour, "stroke-width": 2.6, "stroke-linejoin": "round" }
    : { fill: look.colour, stroke: "#ffffff", "stroke-width": 1.6, "stroke-linejoin": "round" };
  const forms = {
    triangle: () => svg("path", { ...paint, d: "M10 2 L18.5 17 L1.5 17 Z" }),
    square: () => svg("rect", { ...paint, x: 3, y: 3, width: 14, height: 14 }),
    circle: () => svg("circle", { ...paint, cx: 10, cy: 10, r: 7.5 }),
    diamond: () => svg("path", { ...paint, d: "M10 1 L19 10 L10 19 L1 10 Z" }),
    star: () => svg("path", { ...paint, d: "M10 1 L12.6 7.2 L19.3 7.7 L14.2 12 L15.8 18.6 L10 15 L4.2 18.6 L5.8 12 L0.7 7.7 L7.4 7.2 Z" }),
    pentagon: () => svg("path", { ...paint, d: "M10 1.5 L18.5 7.7 L15.3 17.6 L4.7 17.6 L1.5 7.7 Z" }),
    // A cross stands on the sign of what it strikes out, so that it has a white edge of its own.
    cross: () => svg("g", { "stroke-linecap": "round" },
      svg("path", { d: "M3 3 L17 17 M17 3 L3 17", stroke: "#ffffff", "stroke-width": 6 }),
      svg("path", { d: "M3 3 L17 17 M17 3 L3 17", stroke: look.colour, "stroke-width": 3.4 })),
    dot: () => svg("circle", { ...paint, cx: 10, cy: 10, r: 5 }),
    pin: () => svg("circle", { ...paint, cx: 10, cy: 10, r: 9, "stroke-width": 1.8 }),
  };
  const out = svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" });
  out.append((forms[look.shape] || forms.circle)());
  if (number !== undefined) {
    const text = svg("text", {
      x: 10, y: 13.6, "text-anchor": "middle", fill: "#ffffff", "font-size": 10, "font-weight": 700,
    });
    text.textContent = number;
    out.append(text);
  }
  return out;
};

// The picture of one entry of the legend.
quarterhour.swatch = function (entry) {
  const { svg, sign } = quarterhour;
  const box = svg("svg", { viewBox: "0 0 28 20", class: "swatch", "aria-hidden": "true" });
  if (entry.sign) {
    const drawn = sign(entry.sign, entry.sign.shape === "pin" ? "1" : undefined);
    for (const [name, value] of Object.entries({ x: 5, y: 1, width: 18, height: 18 })) drawn.setAttribute(name, value);
    box.append(drawn);
  } else if (entry.hatch) {
    box.append(
      svg("rect", { x: 2, y: 3, width: 24, height: 14, fill: "#ffffff", stroke: entry.hatch, "stroke-width": 0.8 }),
      svg("path", { d: "M2 10 L9 17 M2 3 L16 17 M9 3 L23 17 M16 3 L26 13 M23 3 L26 6", stroke: entry.hatch, "stroke-width": 1.2 }),
    );
  } else if (entry.fill) {
    box.append(svg("rect", {
      x: 2, y: 3, width: 24, height: 14, fill: entry.fill, "fill-opacity": entry.opacity, stroke: entry.edge || "#8c8c8c", "stroke-width": entry.edge ? 1 : 0.5,
    }));
  } else if (entry.dot) {
    box.append(svg("circle", {
      cx: 14, cy: 10, r: Math.min(entry.radius, 9), fill: entry.dot, "fill-opacity": 0.65, stroke: entry.dot,
    }));
  } else if (entry.outline) {
    box.append(svg("rect", {
      x: 3, y: 3, width: 22, height: 14, rx: 6, fill: entry.outline, "fill-opacity": 0.12, stroke: entry.outline, "stroke-width": 2, "stroke-dasharray": "5 3",
    }));
  } else {
    box.append(svg("line", {
      x1: 2, x2: 26, y1: 10, y2: 10, stroke: entry.line, "stroke-width": entry.width || 2, "stroke-dasharray": entry.dash ? "6 4" : "none",
    }));
  }
  return box;
};

// The same hatching for the map's canvas: lines on nothing, at twice the pixels for sharp screens.
quarterhour.hatching = function (colour) {
  const side = 20, tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  for (const across of [-side, 0, side]) {
    pen.moveTo(across - 2, -2);
    pen.lineTo(across + side + 2, side + 2);
  }
  pen.stroke();
  const pattern = pen.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(0.5));
  return pattern;
};

// A share and, as a bar from 0 to 100 %, how far it moves as assumptions vary.
quarterhour.cell = function (value) {
  const { make, svg } = quarterhour;
  if (typeof value === "string") return make("td", "", value);
  const [low, own, high] = value.bar.map((share) => 2 + 96 * share);
  const bar = svg("svg", { viewBox: "0 0 100 8", class: "range", "aria-hidden": "true" },
    svg("rect", { x: 2, y: 3, width: 96, height: 2, fill: "#e1e4e8" }),
    svg("rect", { x: low, y: 2, width: Math.max(high - low, 0.6), height: 4, fill: "#4b93c8" }),
    svg("rect", { x: own - 0.8, y: 0, width: 1.6, height: 8, fill: "#222222" }));
  return make("td", "", value.text, bar);
};

quarterhour.card = function (cards, item) {
  const { make, cell } = quarterhour;
  const table = make("table");
  cards.labels.forEach((label, n) => {
    table.append(make("tr", "", null, make("th", "", label), cell(cards.values[item][n])));
  });
  table.querySelectorAll("th").forEach((head) => head.setAttribute("scope", "row"));
  const out = make("div", "card", null, make("h2", "", cards.title[item]));
  if (cards.under) out.append(make("p", "under", cards.under));
  out.append(table);
  if (cards.note) out.append(make("p", "note", cards.note));
  if (cards.notes && cards.notes[item]) out.append(make("p", "note own", cards.notes[item]));
  return out;
};
