/** Parts of a curl command, to be pasted into bash as they are. */
export function header(text: string): string {
  return `-H ${quote(text)}`
}

export function data(text: string): string {
  return `-d ${quote(text)}`
}

/** Quotes for a POSIX shell, in which nothing inside single quotes has a meaning. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
