// Keys of the desk. Everything they do is also a link or a button on the page.
"use strict";
(() => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const remembered = "desk-row:" + location.pathname;
  // who speaks to the machine, or strikes keys by mistake, switches them off (WCAG 2.1.4)
  const keysOn = document.getElementById("keys-on");
  const off = "desk-keys-off";
  let current = -1;

  function select(index) {
    if (!rows.length) return;
    rows[current]?.classList.remove("current");
    current = Math.max(0, Math.min(rows.length - 1, index));
    const row = rows[current];
    row.classList.add("current");
    row.querySelector("[data-open]")?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    sessionStorage.setItem(remembered, String(current));
  }

  function press(key) {
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!target) return false;
    if (target.tagName === "SELECT" || target.tagName === "INPUT") target.focus();
    else target.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape" && typing) { typing.blur(); return; }
    if (keysOn && !keysOn.checked) return;
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key !== "j" && event.key !== "k") return;
    let done = true;
    if (event.key === "j" && rows.length) select(current + 1);
    else if (event.key === "k" && rows.length) select(current < 0 ? 0 : current - 1);
    else if (event.key === "Enter" && current >= 0 && !event.target.closest("a, button, summary")) rows[current].querySelector("[data-open]").click();
    else if (event.key === "c" && current >= 0) rows[current].querySelector("[data-claim]")?.click();
    else done = press(event.key);
    if (done) event.preventDefault();
  });

  // a decision is sent once, however often the key is struck
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

  if (keysOn) {
    keysOn.checked = !localStorage.getItem(off);
    keysOn.addEventListener("change", () => (keysOn.checked ? localStorage.removeItem(off) : localStorage.setItem(off, "1")));
  }

  if (rows.length) {
    const last = Number(sessionStorage.getItem(remembered) ?? -1);
    if (last >= 0 && last < rows.length) select(last);
  }
})();
