import type { TraceSpan } from '@fincore/dev/diagrams/draw-trace'
import type { ReceivedSpan } from './otlp-receiver.ts'

/**
 * The spans of one trace as a tree, from top to bottom: each before its parts, and parts in the order in which they began.
 * Times count from the beginning of the first.
 */
export function treeOf(spans: readonly ReceivedSpan[]): TraceSpan[] {
  const roots = spans.filter(({ parentId }) => parentId === null)
  const start = Math.min(...spans.map(({ beganAt }) => beganAt))
  const walk = (span: ReceivedSpan, depth: number): TraceSpan[] => [
    {
      name: span.name,
      program: span.program,
      depth,
      beganMs: round(span.beganAt - start),
      lastedMs: round(span.endedAt - span.beganAt),
    },
    ...inOrder(spans.filter(({ parentId }) => parentId === span.spanId)).flatMap((part) => walk(part, depth + 1)),
  ]
  return inOrder(roots).flatMap((root) => walk(root, 0))
}

/** The same in lines, for a terminal. */
export function printTree(tree: readonly TraceSpan[]): string {
  const label = ({ name, depth }: TraceSpan) => `${'  '.repeat(depth)}${name}`
  const width = Math.max(...tree.map((span) => label(span).length))
  return tree
    .map((span) =>
      [
        label(span).padEnd(width),
        span.program.padEnd(15),
        `${span.beganMs.toFixed(1).padStart(8)} ms`,
        `${span.lastedMs.toFixed(1).padStart(8)} ms`,
      ].join('  '),
    )
    .join('\n')
}

const inOrder = (spans: readonly ReceivedSpan[]) =>
  [...spans].sort((a, b) => a.beganAt - b.beganAt || a.endedAt - b.endedAt)
const round = (ms: number) => Math.round(ms * 10) / 10

/** What is below what, without times and in no order: what runs side by side ends now in this order, now in that. */
export function shapeOf(tree: readonly TraceSpan[]): string[] {
  const above: TraceSpan[] = []
  const lines = tree.map((span) => {
    above.splice(span.depth, above.length, span)
    return above.map(({ name, program }) => `${name} (${program})`).join(' > ')
  })
  return lines.sort()
}
