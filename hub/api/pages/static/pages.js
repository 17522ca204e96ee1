// Live updates: when something newer can be seen, say so, and leave it to the reader when to see it.
(() => {
  const told = document.querySelector("[data-fresh]");
  if (!told || !window.EventSource) return;
  const source = new EventSource(told.dataset.fresh);
  source.addEventListener("fresh", () => {
    told.hidden = false;
    source.close();
  });
})();

// What is at work is looked at again every few seconds, as "Look again" does, until it has ended.
(() => {
  const again = async () => {
    const here = document.querySelector("[data-live]");
    if (!here) return;
    const answer = await fetch(location.href, { redirect: "error" }).catch(() => null);
    if (answer && answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById("live");
      const held = here.contains(document.activeElement) && document.activeElement.textContent;
      if (now) {
        here.replaceWith(now);
        if (held) [...now.querySelectorAll("a, button")].find((each) => each.textContent === held)?.focus();
      }
    }
    setTimeout(again, here.dataset.live * 1000);
  };
  const first = document.querySelector("[data-live]");
  if (first) setTimeout(again, first.dataset.live * 1000);
})();
