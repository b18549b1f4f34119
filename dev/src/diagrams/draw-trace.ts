import { escapeXml, font, groundStyles } from './svg.ts'

/** A span of a trace as it is drawn: those of one trace stand one after another as in a tree. */
export type TraceSpan = {
  name: string
  program: string
  depth: number
  /** Since the trace began. */
  beganMs: number
  lastedMs: number
}

const width = 1_000
const margin = 20
const nameWidth = 330
const programWidth = 130
const chartLeft = margin + nameWidth + programWidth
/** Room for the duration behind the bar that ends last. */
const chartWidth = width - chartLeft - margin - 70
const headHeight = 56
const rowHeight = 30
const barHeight = 14
const leastBar = 2

/** The colours of the bars, by program. Each row names its program too. */
const styles = `${groundStyles}
    .grid { stroke: #e3e8ee } .card-relay { fill: #b4540a } .payment-service { fill: #2458b3 } .row { fill: #f3f5f8 }
    @media (prefers-color-scheme: dark) {
      .grid { stroke: #2a323d } .card-relay { fill: #f0a35e } .payment-service { fill: #86b1f7 } .row { fill: #1b2129 }
    }`

/** Draws a trace as a waterfall: a row for each span, its parts under it, and time from left to right. */
export function drawTrace(title: string, description: string, spans: readonly TraceSpan[]): string {
  const endMs = Math.max(...spans.map(({ beganMs, lastedMs }) => beganMs + lastedMs))
  const stepMs = chooseStep(endMs)
  const at = (ms: number) => round(chartLeft + (ms / endMs) * chartWidth)
  const bottom = headHeight + spans.length * rowHeight + margin
  const ticks = Array.from({ length: Math.floor(endMs / stepMs) + 1 }, (_, index) => index * stepMs)
  const grid = ticks.map(
    (ms) => `  <line class="grid" x1="${at(ms)}" y1="${headHeight - 8}" x2="${at(ms)}" y2="${bottom - margin}"/>
  <text class="soft" x="${at(ms)}" y="${headHeight - 16}" text-anchor="middle">${ms} ms</text>`,
  )
  // Every second row, below the lines of the grid.
  const grounds = spans.map((_, index) => {
    const place = `x="1" y="${headHeight + index * rowHeight}" width="${width - 2}" height="${rowHeight}"`
    return index % 2 === 0 ? `  <rect class="row" ${place}/>\n` : ''
  })
  const rows = spans.map(({ name, program, depth, beganMs, lastedMs }, index) => {
    const top = headHeight + index * rowHeight
    const x = at(beganMs)
    const length = Math.max(leastBar, round((lastedMs / endMs) * chartWidth))
    const text = top + rowHeight / 2 + 4.5
    return `  <text class="ink" x="${margin + depth * 16}" y="${text}"${depth === 0 ? ' font-weight="600"' : ''}>${escapeXml(name)}</text>
  <text class="soft" x="${margin + nameWidth}" y="${text}">${escapeXml(program)}</text>
  <rect class="${program}" x="${x}" y="${top + (rowHeight - barHeight) / 2}" width="${length}" height="${barHeight}" rx="2"/>
  <text class="over ink" x="${round(x + length + 6)}" y="${text}">${lastedMs.toFixed(1)} ms</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom}" width="${width}" height="${bottom}" role="img" aria-labelledby="title description" ${font}>
  <title id="title">${escapeXml(title)}</title>
  <desc id="description">${escapeXml(description)}</desc>
  <style>${styles}
  </style>
  <rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${bottom - 1}" rx="10"/>
${grounds.join('')}${[...grid, ...rows].join('\n')}
</svg>
`
}

/** Between two lines of the grid: at most eight of them, at round numbers. */
function chooseStep(endMs: number): number {
  const steps = [1, 2, 5].flatMap((digit) => [1, 10, 100, 1_000].map((power) => digit * power)).sort((a, b) => a - b)
  return steps.find((step) => endMs / step <= 8) ?? 10_000
}

const round = (value: number) => Math.round(value * 10) / 10
