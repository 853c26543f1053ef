// Renews what runs now by server-sent events. Without them htmx asks every few seconds.
(() => {
  const place = () => document.querySelector("[data-live]");
  let stream = null;
  let heard = false;

  function renew(within, told) {
    const bar = within.querySelector("[data-bar]");
    const text = within.querySelector("[data-text]");
    if (bar && told.share != null) bar.value = told.share;
    if (text) text.textContent = told.text;
  }

  function show(told) {
    const section = place();
    if (!section) return;
    if (section.dataset.shape !== told.shape) {
      htmx.trigger(section, "renew");
      return;
    }
    for (const run of told.runs) {
      const card = section.querySelector(`[data-run="${CSS.escape(run.run)}"]`);
      if (!card) continue;
      const whole = card.querySelector(".whole");
      if (whole) renew(whole, run);
      for (const part of run.parts) {
        const line = card.querySelector(`[data-part="${CSS.escape(part.process)}"]`);
        if (line) renew(line, part);
      }
    }
  }

  function stop() {
    stream?.close();
    stream = null;
    heard = false;
  }

  // A hidden tab listens to nothing: browsers open but six connections to one place.
  function listen() {
    stop();
    const section = place();
    if (document.hidden || !section || !("EventSource" in window)) return;
    stream = new EventSource(section.dataset.live);
    stream.addEventListener("progress", (event) => { heard = true; show(JSON.parse(event.data)); });
    stream.addEventListener("poll", stop);
    stream.addEventListener("error", () => { heard = false; });
  }

  addEventListener("htmx:beforeRequest", (event) => {
    const asking = event.detail.requestConfig?.triggeringEvent?.type;
    if (heard && event.detail.elt.matches("[data-live]") && asking !== "renew") event.preventDefault();
  });
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  listen();
})();
