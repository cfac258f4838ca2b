// Search: what the map holds by name or number, a list that keyboard and screen reader follow, and
// the way there.
"use strict";

quarterhour.search = function (map, page, parts) {
  const { make } = quarterhour;
  const { layers, drawing, space, now, choose, show, room } = parts;
  const words = page.words;
  let turn = 0;

  function entries() {
    const out = [];
    const add = (layer, cards, n, place, of, tag, number) => out.push({
      layer, cards, n, place, of, tag, number, name: cards.title[n], text: `${number} ${cards.title[n]} ${of ? cards.values[n].slice(1, 3).join(" ") : ""}`.toLowerCase(),
    });
    layers.forEach((layer) => {
      if (layer.type === "signs") {
        space.points(layer.g).forEach((place, n) => add(layer, layer.cards, n, place, null, layer.tag, layer.cards.values[n][0]));
      } else if (layer.type === "areas") {
        drawing.areas.forEach((area, n) => add(layer, layer.cards, n, area.at, null, layer.tag, ""));
      } else if (layer.type === "gaps") {
        page.kinds.forEach((found) => {
          const gaps = layer.data[found.id];
          space.points(gaps.g).forEach((place, n) => add(layer, gaps.cards, n, place, found.id, `${found.name} · ${gaps.cards.values[n][1]}`, ""));
        });
      }
    });
    return out;
  }

  // The best first: what is called so, then what lies in a place called so; of equal fits, areas,
  // then what belongs to the kind being shown.
  function find(known, text) {
    const asked = text.trim().toLowerCase(), wanted = asked.split(/\s+/).filter(Boolean);
    const rank = (entry) => (wanted.every((word) => `${entry.number} ${entry.name}`.toLowerCase().includes(word)) ? 0 : 8)
      + (entry.number.toLowerCase() === asked || entry.name.toLowerCase() === asked ? 0 : 4)
      + (entry.of && entry.of !== now() ? 2 : 0) + (entry.layer.type === "areas" ? 0 : 1);
    if (!wanted.length) return [];
    return known.filter((entry) => wanted.every((word) => entry.text.includes(word)))
      .sort((a, b) => rank(a) - rank(b)).slice(0, 8);
  }

  // Fly where the reader's system allows movement; only the last of several flights opens its card.
  function travel(entry, then) {
    const mine = (turn += 1), still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const bounds = entry.layer.type === "areas" && L.latLngBounds(drawing.areas[entry.n].rings.flat());
    const zoom = Math.max(map.getZoom(), 16), fit = { ...room(), maxZoom: 16 };
    if (still) {
      if (bounds) map.fitBounds(bounds, { ...fit, animate: false });
      else map.setView(entry.place, zoom, { animate: false });
      then();
      return;
    }
    if (bounds) map.flyToBounds(bounds, { ...fit, duration: 0.6 });
    else map.flyTo(entry.place, zoom, { duration: 0.6 });
    map.once("moveend", () => mine === turn && then());
  }

  function go(entry) {
    if (entry.of && entry.of !== now()) choose(entry.of);
    if (!entry.layer.on) show(entry.layer, true);
    travel(entry, () => {
      if (entry.layer.type === "gaps") drawing.open_gap(entry.cards, entry.n, entry.place, entry.of);
      else drawing.open(entry.cards, entry.n, entry.place);
    });
  }

  let known = null, found = [], at = 0;
  const input = make("input"), list = make("ul", "found"), told = make("p", "unseen");
  Object.assign(input, { type: "search", id: "search", placeholder: words.search_hint, autocomplete: "off" });
  const set = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
  set(input, { role: "combobox", "aria-label": words.search, "aria-autocomplete": "list", "aria-controls": "found", "aria-expanded": "false", enterkeyhint: "search" });
  set(list, { id: "found", role: "listbox", "aria-label": words.search });
  told.setAttribute("role", "status");

  function mark() {
    [...list.children].forEach((row, n) => {
      row.classList.toggle("at", n === at && found.length > 0);
      row.setAttribute("aria-selected", String(n === at && found.length > 0));
    });
    set(input, { "aria-expanded": String(list.children.length > 0), "aria-activedescendant": found.length ? `found-${at}` : "" });
    if (found.length) list.children[at].scrollIntoView({ block: "nearest" });
  }

  function clear() {
    found = [];
    list.replaceChildren();
    told.textContent = "";
    mark();
  }

  function pick(entry) {
    clear();
    input.value = entry.name;
    input.blur();
    go(entry);
  }

  function row_of(entry, n) {
    const row = make("li", "", null, make("span", "", entry.name), make("small", "", entry.number ? `${entry.tag} · ${entry.number}` : entry.tag));
    set(row, { role: "option", id: `found-${n}` });
    row.addEventListener("mousedown", (event) => { event.preventDefault(); pick(entry); });
    return row;
  }

  input.addEventListener("input", () => {
    known = known || entries();
    found = find(known, input.value);
    at = 0;
    list.replaceChildren(...found.map(row_of));
    const asked = input.value.trim();
    if (!found.length && asked) list.append(make("li", "none", words.nothing_found));
    told.textContent = !asked ? "" : found.length ? words.found_count.replace("#", found.length) : words.nothing_found;
    mark();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list.children.length) {
      event.stopPropagation();
      clear();
    } else if (event.key === "Enter" && found[at]) pick(found[at]);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
      mark();
    }
  });
  input.addEventListener("blur", clear);
  const box = make("div", "search", null, input, list, told);
  box.setAttribute("role", "search");
  return box;
};
