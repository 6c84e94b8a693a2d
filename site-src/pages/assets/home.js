// Run by 404.html, which is shown at any address: the nearest folder above that has this file is the site's home.
window.siteHome ??= new URL("../", document.currentScript.src).href;
