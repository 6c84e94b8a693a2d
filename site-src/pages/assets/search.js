// The search's index is fetched once the search is opened, which most visitors never do.
(() => {
  const { open, send } = XMLHttpRequest.prototype;
  const wanted = () => /[?&][qh]=/.test(location.search) || document.activeElement?.matches(".md-search__input");
  XMLHttpRequest.prototype.open = function (method, url, ...more) {
    this.isIndex = String(url).endsWith("/search_index.json");
    return open.call(this, method, url, ...more);
  };
  XMLHttpRequest.prototype.send = function (...body) {
    if (!this.isIndex || wanted()) return send.apply(this, body);
    document.querySelector(".md-search__input").addEventListener("focus", () => send.apply(this, body), { once: true });
  };
})();
