"use strict";
// Progressive: the tables hold every figure; this hides the places not asked for and draws bars from the tables' cells.
for (const drill of document.querySelectorAll(".drill")) {
  const controls = drill.querySelector(".controls");
  const indicators = drill.querySelector(".indicators");
  const choice = drill.querySelector(".choice");
  const places = [...drill.querySelectorAll(".place")];
  const told = drill.querySelector(".told");
  const overview = drill.querySelector(".overview");

  // One bar per row of a table: its heading, a bar as long as the figure, the figure itself or the words in its place.
  function bars(table, column, chosen) {
    const rows = [...table.tBodies[0].rows].filter((row) => !(chosen && row.rowIndex === 1));
    const figures = rows.map((row) => Number(row.cells[column].querySelector("data")?.value || 0));
    const longest = Math.max(...figures, 1);
    const list = document.createElement("ol");
    list.className = "bars";
    rows.forEach((row, place) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.append(...[...row.cells[0].childNodes].map((node) => node.cloneNode(true)));
      const track = document.createElement("span");
      track.className = "track";
      const cell = row.cells[column];
      if (cell.querySelector("data")) {
        const bar = document.createElement("span");
        bar.className = "bar";
        bar.style.width = `calc((100% - 6rem) * ${figures[place] / longest})`; // the rest is for the figure itself
        track.append(bar);
      } else {
        track.classList.add("words");
      }
      track.append(...[...cell.childNodes].map((node) => node.cloneNode(true)));
      if (chosen && row.cells[0].querySelector("a")?.hash === `#${chosen}`) item.className = "chosen";
      item.append(name, track);
      list.append(item);
    });
    const old = table.parentElement.parentElement.querySelector("ol.bars");
    if (old) old.remove();
    table.parentElement.before(list);
  }

  function show(move) {
    const asked = decodeURIComponent(location.hash.slice(1));
    const place = places.find((one) => one.id === asked) || places.find((one) => one.id === choice.value) || places[0];
    const column = Number(indicators.value);
    choice.value = place.id;
    for (const one of places) one.hidden = one !== place;
    bars(overview.querySelector("table"), column, place.id);
    bars(place.querySelector("table"), column, "");
    const caption = place.querySelector("caption").textContent;
    told.textContent = `${caption}: ${indicators.selectedOptions[0].textContent}`;
    if (move) place.focus();
    for (const link of document.querySelectorAll("a[hreflang]")) link.hash = location.hash;
  }

  controls.hidden = false;
  drill.querySelector(".sides").classList.add("two");
  indicators.addEventListener("change", () => show(false));
  choice.addEventListener("change", () => {
    history.replaceState(null, "", `#${choice.value}`);
    show(false);
  });
  addEventListener("hashchange", () => show(true));
  show(false);
}
