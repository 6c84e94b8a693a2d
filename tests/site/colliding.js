// Words of the benchmarks' pictures that run into others, or out of their picture.
() => {
  const found = [];
  for (const svg of document.querySelectorAll(".ratios svg")) {
    const frame = svg.getBoundingClientRect();
    const words = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    const beside = (a, b) => a.right <= b.left || b.right <= a.left;
    const above = (a, b) => a.bottom <= b.top + 2 || b.bottom <= a.top + 2; // two pixels of leading
    for (const [n, [text, box]] of words.entries()) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(`out: ${text}`);
      for (const [other, at] of words.slice(n + 1)) if (!beside(box, at) && !above(box, at)) found.push(`${text} | ${other}`);
    }
  }
  return found;
}
