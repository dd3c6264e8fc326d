// Keys: g and a letter for a page, / to the first field, j and k for rows, ? for help.
"use strict";
(() => {
  let afterG = false;
  const rows = () => [...document.querySelectorAll("table.rows tbody tr")];
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("at"));
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    all.forEach((row) => row.classList.toggle("at", row === next));
    const link = next.querySelector("a");
    if (link) link.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const help = document.getElementById("keys");
  const button = document.getElementById("show-keys");
  if (button && help) button.addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog[open]")) return;
    if (afterG) {
      afterG = false;
      const link = document.querySelector(`nav a[data-key="g${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "g") afterG = true;
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?" && help) help.showModal();
    else if (event.key === "/") {
      const field = document.querySelector("main input:not([type=hidden]), main textarea");
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    }
  });
})();
