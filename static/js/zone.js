/* The visitor's time zone: carried into the links of a list, and into a picker that was opened without one. */
export function ownZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

/* The address with the zone added, or null where it has one already. */
export function withZone(address, zone) {
  const url = new URL(address, location.href);
  if (!zone || url.searchParams.has("tz")) {
    return null;
  }
  url.searchParams.set("tz", zone);
  return url.pathname + url.search.replaceAll("%2F", "/");
}

for (const link of document.querySelectorAll("[data-zone-link]")) {
  const address = withZone(link.getAttribute("href"), ownZone());
  if (address) {
    link.setAttribute("href", address);
  }
}
