// What pages do more where scripts run: charts, the theme's switch, pages that renew themselves.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const spoken = (seconds) => {
    const size = Math.abs(seconds);
    for (const [unit, length] of [["d", 86400], ["h", 3600], ["m", 60]])
      if (size >= length) return `${+(seconds / length).toPrecision(3)}${unit}`;
    return `${+seconds.toPrecision(3)}s`;
  };
  const written = {
    s: spoken,
    ms: (value) => `${+value.toPrecision(3)} ms`,
    share: (value) => `${+(100 * value).toPrecision(3)} %`,
    bytes: (value) => (value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e3).toFixed(1)} kB`),
    "": (value) => `${+value.toPrecision(4)}`,
  };

  // Steps of an axis on which people read: whole minutes, hours and days; times of a day, or dates.
  const steps = { s: [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 2592000] };
  const times = (plot, all) => {
    const days = plot.scales.x.max - plot.scales.x.min > 2 * 86400;
    return all.map((at) => new Date(at * 1000).toISOString().slice(...(days ? [5, 10] : [11, 16])));
  };

  const drawn = new Map();

  function draw(place) {
    const told = JSON.parse(place.dataset.chart);
    const write = written[told.unit] ?? written[""];
    const ink = colour("--soft"), grid = colour("--line");
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    const data = [told.x, ...told.series.map((each) => each.values)];
    const series = told.series.map((each, at) => ({
      label: each.name,
      stroke: colour(`--c${(at % 6) + 1}`),
      width: 2,
      dash: each.dash ? [6, 4] : undefined,
      spanGaps: false,
      points: { show: told.x.length < 40 },
      paths: { bars: uPlot.paths.bars({ size: [0.7, 40] }), step: uPlot.paths.stepped({ align: 1 }) }[told.kind],
      fill: told.kind === "bars" ? colour(`--c${(at % 6) + 1}`) + "55" : undefined,
      value: (_, value) => (value == null ? "–" : write(value)),
    }));
    if (told.line) {
      data.push(told.x.map(() => told.line.value));
      series.push({ label: told.line.name, stroke: colour("--bad"), width: 2, dash: [8, 5], points: { show: false }, value: (_, value) => (value == null ? "–" : write(value)) });
    }
    drawn.get(place)?.destroy();
    drawn.set(place, new uPlot({
      width: Math.max(place.clientWidth, 240), height: 220,
      scales: { x: told.between ? { range: () => told.between } : {}, y: { range: (_, low, high) => uPlot.rangeNum(Math.min(low ?? 0, 0), high ?? 1, 0.1, true) } },
      axes: [{ ...axis, values: times }, { ...axis, size: 64, values: (_, all) => all.map(write), ...(steps[told.unit] && { incrs: steps[told.unit] }) }],
      series: [{ label: "time", value: (_, at) => (at == null ? "–" : new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")) }, ...series],
      cursor: { drag: { x: true, y: false } },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
    }, data, place));
  }

  function drawAll(within = document) {
    for (const [place, plot] of drawn) if (!place.isConnected) { plot.destroy(); drawn.delete(place); }
    for (const place of within.querySelectorAll("[data-chart]")) draw(place);
  }

  let waiting = null;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 150); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());

  const themes = document.querySelector("[data-theme-switch]");
  if (themes) {
    themes.hidden = false;
    themes.addEventListener("click", () => {
      const dark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* kept for this page alone */ }
      drawAll();
    });
  }

  // The theme that another page of this address has chosen; Airflow keeps its own by the same name.
  const follow = (theme) => {
    if (!["light", "dark"].includes(theme) || root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    drawAll();
  };
  addEventListener("storage", (event) => { if (event.key === "theme") follow(event.newValue); });
  // What was chosen while this page was loading sent its event to nobody.
  addEventListener("load", () => {
    try { follow(localStorage.getItem("theme")); } catch { /* storage may be closed */ }
  });

  // A part that renews itself must not close what somebody has opened or is typing into: a form
  // that is open is left as it is, and what else was open is opened again.
  let opened = new Set();
  const named = (details) => {
    const within = details.parentElement.closest("[data-need], section, article");
    return `${within?.dataset.need ?? within?.id ?? ""} ${details.querySelector("summary")?.textContent}`;
  };
  addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (target.querySelector("details[open] form, :focus")) event.detail.shouldSwap = false;
    opened = new Set([...target.querySelectorAll("details[open]")].map(named));
  });
  addEventListener("htmx:afterSettle", (event) => {
    for (const each of event.detail.elt.querySelectorAll("details")) if (opened.has(named(each))) each.open = true;
    drawAll(event.detail.elt);
  });
  drawAll();
})();
