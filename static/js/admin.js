// Names what Django's admin leaves without one: searchable choices, and the two halves of an instant.
const named = () => {
  for (const box of document.querySelectorAll('.select2-selection:not([aria-label])')) {
    const name = box.closest('.select2').previousElementSibling?.labels?.[0]?.textContent.trim() ?? '';
    for (const part of [box, ...box.querySelectorAll('[role=textbox]')]) part.setAttribute('aria-label', name);
  }
  for (const input of document.querySelectorAll('.datetime input:not([aria-label])')) {
    const label = input.closest('.form-row')?.querySelector('legend, label')?.textContent ?? '';
    input.setAttribute('aria-label', `${label} ${input.previousSibling?.textContent ?? ''}`.trim());
  }
};
named();
new MutationObserver(named).observe(document.documentElement, { childList: true, subtree: true });
