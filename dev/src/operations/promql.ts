/** What a PromQL expression reads: each metric with what it asks of its labels. */
export type Selector = { metric: string; labels: { name: string; matches: string }[] }

const metricName = /\b(?:fincore|process)_[a-z0-9_]+|\bup\b/g

/**
 * The series that an expression reads, and the labels that it groups by. For the expressions of this repository alone:
 * every metric of it begins with `fincore_` or `process_`, and a text in quotes holds no brace.
 */
export function readExpression(expr: string): { selectors: Selector[]; grouped: string[] } {
  const selectors = [...expr.matchAll(metricName)].map((found) => {
    const rest = expr.slice(found.index + found[0].length)
    const matchers = rest.startsWith('{') ? rest.slice(1, rest.indexOf('}')) : ''
    const labels = [...matchers.matchAll(/(\w+)(?:=~|!=|!~|=)"([^"]*)"/g)]
    return { metric: found[0], labels: labels.map(([, name = '', matches = '']) => ({ name, matches })) }
  })
  const grouped = [...expr.matchAll(/\b(?:by|on) ?\(([^)]*)\)/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim()),
  )
  return { selectors, grouped: [...new Set(grouped)] }
}

/** `fincore_x_seconds_bucket` is a series of the histogram `fincore_x_seconds`. */
export function histogramOf(series: string): string {
  return series.replace(/_(bucket|sum|count)$/, '')
}

/** Groups and parentheses that do not close make no expression. */
export function isBalanced(expr: string): boolean {
  const open: string[] = []
  const closes: Record<string, string> = { ')': '(', ']': '[', '}': '{' }
  for (const sign of expr.replace(/"[^"]*"/g, '')) {
    if ('([{'.includes(sign)) open.push(sign)
    else if (sign in closes && open.pop() !== closes[sign]) return false
  }
  return open.length === 0
}
