/** A text in which nothing looks like a placeholder of a card template: no two braces stand side by side. */
export function breakBraces(text: string): string {
  return text.replace(/\{(?=\{)/g, '{ ')
}
