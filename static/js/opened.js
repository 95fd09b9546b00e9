/* data-opened-url="/…/opened": tells the page's own site that a person looks at it. A mail scanner that only fetches
   the page says nothing, nor does a page that was loaded ahead and never shown. */
export function tellOpened() {
  for (const mark of document.querySelectorAll("[data-opened-url]")) {
    whenSeen(() => fetch(mark.dataset.openedUrl, { method: "POST", keepalive: true }).catch(() => {}));
  }
}

function whenSeen(tell) {
  if (document.visibilityState === "visible" && !document.prerendering) {
    tell();
    return;
  }
  document.addEventListener("visibilitychange", () => whenSeen(tell), { once: true });
}
