/**
 * Says how an answer differs from what a page shows of it; null when it does not. A page may leave fields out, and write
 * `…` in a text for what is different each time.
 */
export function findDifference(shown: unknown, actual: unknown, path = ''): string | null {
  if (typeof shown === 'string') {
    const pattern = shown.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const fits = typeof actual === 'string' && new RegExp(`^${pattern.join('.+')}$`, 's').test(actual)
    return fits ? null : describe(path, shown, actual)
  }
  if (typeof shown !== 'object' || shown === null)
    return Object.is(shown, actual) ? null : describe(path, shown, actual)
  if (typeof actual !== 'object' || actual === null) return describe(path, shown, actual)
  if (Array.isArray(shown) && (!Array.isArray(actual) || shown.length > actual.length))
    return describe(path, shown, actual)
  for (const [key, value] of Object.entries(shown)) {
    const difference = findDifference(
      value,
      (actual as Record<string, unknown>)[key],
      path === '' ? key : `${path}.${key}`,
    )
    if (difference !== null) return difference
  }
  return null
}

function describe(path: string, shown: unknown, actual: unknown): string {
  return `${path || 'it'} is shown as ${JSON.stringify(shown)}, and is ${JSON.stringify(actual) ?? 'not there'}`
}

/** The JSON objects that stand in the output, one in a line. */
export function readAnswers(output: string): Record<string, unknown>[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return []
    try {
      return [JSON.parse(line) as Record<string, unknown>]
    } catch {
      return []
    }
  })
}

/** Whether an answer says that the request was refused. */
export function isProblem(answer: Record<string, unknown>): boolean {
  return typeof answer.code === 'string' && typeof answer.request_id === 'string'
}
