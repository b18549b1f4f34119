/** A fenced block of a Markdown page. */
export type DocBlock = {
  /** The page's name, and the block's first line in it, for whoever must find it. */
  at: string
  /** The last heading before it. */
  section: string
  /** What stands behind the fence: `sh`, `js`, … */
  language: string
  text: string
}

const heading = /^#{1,6} (.*)$/
const fence = /^( *)(`{3,})(.*)$/

/**
 * Every fenced block of a page, in its order; one that stands in a list is freed of the list's indentation.
 * @throws Error when the last one is not closed.
 */
export function readBlocks(page: string, markdown: string): DocBlock[] {
  const blocks: DocBlock[] = []
  let section = ''
  let open: { indent: string; mark: string; block: DocBlock; lines: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open === undefined) {
      section = line.match(heading)?.[1] ?? section
      const [, indent, mark = '', language = ''] = line.match(fence) ?? []
      if (indent === undefined) continue
      const block = { at: `${page}:${index + 1}`, section, language: language.trim(), text: '' }
      open = { indent, mark, block, lines: [] }
    } else if (line.trim() === open.mark) {
      blocks.push({ ...open.block, text: `${open.lines.join('\n')}\n` })
      open = undefined
    } else {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart())
    }
  }
  if (open !== undefined) throw new Error(`${open.block.at}: the block is not closed.`)
  return blocks
}

/** The file that a block says it is, in its first line: `// shop.mjs`, `// pay.js`, or `<!-- shop.html -->`; null when it says none. */
export function fileOf({ text }: DocBlock): string | null {
  return text.match(/^(?:\/\/|<!--) ([a-z-]+\.(?:m?js|html))\b/)?.[1] ?? null
}
