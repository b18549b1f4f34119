/** Prints lines with the seconds since it was made. */
export function tellProgress(): (line: string) => void {
  const startedAt = performance.now()
  return (line) => console.log(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${line}`)
}
