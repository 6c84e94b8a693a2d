// Writes the files of a pack where Python looks for packages. packs.py describes the format.
export function unpack(FS, bytes, into = "/lib/python3.14/site-packages/") {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const index = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const folders = new Set();
  let at = 4 + length;
  for (const [name, size] of index) {
    const folder = into + name.slice(0, name.lastIndexOf("/") + 1);
    if (!folders.has(folder)) {
      FS.mkdirTree(folder);
      folders.add(folder);
    }
    FS.writeFile(into + name, bytes.subarray(at, (at += size)), { canOwn: true });
  }
}
