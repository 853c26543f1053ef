// A chunk that is linked to by its id alone may stand in another part of a long text.
(() => {
  const wanted = /^#chunk-([0-9a-f]{8,64})$/.exec(location.hash);
  const asked = new URLSearchParams(location.search);
  if (!wanted || document.getElementById(location.hash.slice(1)) || asked.get("chunk") === wanted[1]) return;
  asked.set("chunk", wanted[1]);
  location.replace(`${location.pathname}?${asked}${location.hash}`);
})();
