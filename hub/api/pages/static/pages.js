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
