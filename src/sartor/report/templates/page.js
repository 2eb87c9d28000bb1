
(() => {
  "use strict";
  const value = (row, column, numeric) => {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent.trim();
    return numeric ? (text === "" ? -Infinity : Number(text)) : text.toLowerCase();
  };
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  const sortBy = (table, heading) => {
    const numeric = heading.hasAttribute("data-numeric");
    const falls = heading.getAttribute("aria-sort") === "ascending";
    const column = heading.cellIndex;
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => order(value(a, column, numeric), value(b, column, numeric)));
    table.tBodies[0].append(...(falls ? rows.reverse() : rows));
    table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", falls ? "descending" : "ascending");
  };

  document.querySelectorAll("table.sortable").forEach((table) => {
    table.querySelectorAll("thead th").forEach((heading) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sortBy(table, heading));
      heading.append(button);
    });
  });

  document.querySelectorAll("[data-filter]").forEach((box) => {
    const items = [...box.querySelectorAll("tbody tr, article")];
    if (items.length < 12) return;
    const field = document.createElement("input");
    field.type = "search";
    field.placeholder = "Filter " + box.dataset.filter;
    field.setAttribute("aria-label", field.placeholder);
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      items.forEach((item) => { item.hidden = !item.textContent.toLowerCase().includes(wanted); });
    });
    box.before(field);
  });

  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  });
})();
