/** Longer than any line of an export: every text of a record is bounded. */
const maxLineBytes = 1_048_576
const lineFeed = 0x0a

/**
 * The lines of a file, each with its line feed, byte for byte. They end at a line feed alone: readline would end them at
 * U+2028 too, which JSON leaves as it is, and would take a carriage return away unseen.
 *
 * @throws Error for a line longer than 1 MiB, and what the reading fails with.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    let start = 0
    for (let end = rest.indexOf(lineFeed); end !== -1; end = rest.indexOf(lineFeed, start)) {
      yield rest.subarray(start, end + 1)
      start = end + 1
    }
    rest = rest.subarray(start)
    if (rest.length > maxLineBytes)
      throw new Error('a line is longer than 1 MiB, so the file is no export; give the file that `audit export` wrote')
  }
  if (rest.length > 0) yield rest
}
