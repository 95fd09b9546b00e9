/* Arrow keys between the links of a grid, by where they stand on the screen; Home and End within the row. */
export function arrowKeys(grid, links) {
  document.addEventListener("keydown", (event) => {
    const from = event.target.closest?.(`${grid} ${links}`);
    if (!from || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const to = next(event.key, from, [...from.closest(grid).querySelectorAll(links)]);
    if (to) {
      event.preventDefault();
      to.focus();
    }
  });
}

function next(key, from, all) {
  const here = all.indexOf(from);
  if (key === "ArrowRight" || key === "ArrowLeft") {
    return all[here + (key === "ArrowRight" ? 1 : -1)];
  }
  if (key === "ArrowDown" || key === "ArrowUp") {
    return nearestInColumn(from, all, key === "ArrowDown" ? 1 : -1);
  }
  const row = all.filter((link) => link.closest("tr") === from.closest("tr"));
  return { Home: row[0], End: row.at(-1) }[key];
}

function nearestInColumn(from, all, direction) {
  const { left, top } = from.getBoundingClientRect();
  const beyond = all.filter((link) => {
    const box = link.getBoundingClientRect();
    return Math.abs(box.left - left) < 8 && (box.top - top) * direction > 8;
  });
  return direction > 0 ? beyond[0] : beyond.at(-1);
}
