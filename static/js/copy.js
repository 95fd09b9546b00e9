/* <button data-copy="text" data-copied="Copied">: copies the text and says so, also to screen readers. With
   data-copy-html it is copied as formatted text too, for programs that take it. */
export function copyButtons() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) {
      return;
    }
    const label = button.querySelector("[data-label]") || button;
    const before = label.textContent;
    await copied(button.dataset.copy, button.dataset.copyHtml);
    label.textContent = button.dataset.copied;
    button.setAttribute("aria-live", "polite");
    setTimeout(() => {
      label.textContent = before;
    }, 2000);
  });
}

function copied(text, html) {
  if (!html || !window.ClipboardItem) {
    return navigator.clipboard.writeText(text);
  }
  const kinds = { "text/plain": text, "text/html": html };
  const parts = Object.entries(kinds).map(([type, value]) => [type, new Blob([value], { type })]);
  return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(parts))]);
}
