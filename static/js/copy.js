/* <button data-copy="text" data-copied="Copied">: copies the text and says so, also to screen readers. */
export function copyButtons() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) {
      return;
    }
    const label = button.querySelector("[data-label]") || button;
    const before = label.textContent;
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = button.dataset.copied;
    button.setAttribute("aria-live", "polite");
    setTimeout(() => {
      label.textContent = before;
    }, 2000);
  });
}
