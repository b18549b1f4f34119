/** A page of `docs/` that is a table in the code. */
export type DocPage = { path: string; source: string; title: string; text: string }

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The words of a table with their meanings. */
export function wordTable(name: string, words: Readonly<Record<string, string>>): string {
  return table(
    [name, 'Meaning'],
    Object.entries(words).map(([word, meaning]) => [`\`${word}\``, meaning]),
  )
}
