import { escapeXml, font, groundStyles } from './svg.ts'

/** A sequence diagram: who takes part, from left to right, and what passes between them, from top to bottom. */
export type Sequence<Name extends string = string> = {
  title: string
  /** The same in a sentence or two, for who cannot see it. */
  description: string
  participants: Record<Name, string>
  steps: readonly Step<Name>[]
}

export type Step<Name extends string> =
  /** An arrow; a dashed one is an answer. */
  | { from: Name; to: Name; text: string; isAnswer?: true }
  /** A band across the picture, which says what begins here. */
  | { band: string }

const characterWidth = 6.9
const boldCharacterWidth = 7.7
const columnPadding = 34
const smallestColumn = 132
const headHeight = 64
const rowHeight = 38
const margin = 20

const styles = `${groundStyles}
    .box { fill: #eef3fb; stroke: #9db4d8 }
    .line { stroke: #b4bfcd } .arrow { stroke: #2458b3; fill: none } .head { fill: #2458b3 } .band { fill: #f3f5f8 }
    @media (prefers-color-scheme: dark) {
      .box { fill: #1d2a40; stroke: #45628f }
      .line { stroke: #465160 } .arrow { stroke: #86b1f7 } .head { fill: #86b1f7 } .band { fill: #1f2630 }
    }`

/** Draws it as SVG that is read in light and in dark. */
export function drawSequence<Name extends string>(sequence: Sequence<Name>): string {
  const names = Object.keys(sequence.participants) as Name[]
  const centres = placeColumns(names, sequence)
  const at = (name: Name) => centres[names.indexOf(name)] ?? 0
  const width = Math.round((centres.at(-1) ?? 0) + halfBox(sequence.participants[names.at(-1) as Name]) + margin)
  const bottom = headHeight + sequence.steps.length * rowHeight + margin
  const heads = names.map((name) => {
    const label = sequence.participants[name]
    const half = halfBox(label)
    return `  <line class="line" x1="${at(name)}" y1="${headHeight - 12}" x2="${at(name)}" y2="${bottom - margin / 2}" stroke-dasharray="3 4"/>
  <rect class="box" x="${at(name) - half}" y="${margin}" width="${half * 2}" height="32" rx="6"/>
  <text class="ink" x="${at(name)}" y="${margin + 21}" text-anchor="middle" font-weight="600">${escapeXml(label)}</text>`
  })
  const rows = sequence.steps.map((step, index) => {
    const y = headHeight + (index + 1) * rowHeight - 10
    return 'band' in step ? drawBand(step.band, y, width) : drawArrow(step, at(step.from), at(step.to), y)
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom}" width="${width}" height="${bottom}" role="img" aria-labelledby="title description" ${font}>
  <title id="title">${escapeXml(sequence.title)}</title>
  <desc id="description">${escapeXml(sequence.description)}</desc>
  <style>${styles}
  </style>
  <rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${bottom - 1}" rx="10"/>
${[...heads, ...rows].join('\n')}
</svg>
`
}

/** The middle of each column: as far apart as the longest text between two neighbours needs. */
function placeColumns<Name extends string>(names: Name[], { participants, steps }: Sequence<Name>): number[] {
  const centres = [margin + halfBox(participants[names[0] as Name])]
  for (const [index, name] of names.entries()) {
    if (index === 0) continue
    const before = names[index - 1] as Name
    let least = Math.max(smallestColumn, halfBox(participants[before]) + halfBox(participants[name]) + margin)
    // An arrow that ends here and began further left has the room of all columns that it crosses.
    for (const step of steps) {
      if ('band' in step) continue
      const ends = [names.indexOf(step.from), names.indexOf(step.to)].sort((a, b) => a - b)
      if (ends[1] !== index) continue
      const from = centres[ends[0] ?? 0] ?? 0
      least = Math.max(least, from + textWidth(step.text) + columnPadding - (centres[index - 1] ?? 0))
    }
    centres.push(Math.round((centres[index - 1] ?? 0) + least))
  }
  return centres
}

function drawArrow({ text, isAnswer }: { text: string; isAnswer?: true }, from: number, to: number, y: number): string {
  const way = Math.sign(to - from)
  const tip = to - way * 3
  const dashes = isAnswer ? ' stroke-dasharray="5 4"' : ''
  return `  <text class="over ${isAnswer ? 'soft' : 'ink'}" x="${(from + to) / 2}" y="${y - 7}" text-anchor="middle">${escapeXml(text)}</text>
  <line class="arrow" x1="${from}" y1="${y}" x2="${tip - way * 6}" y2="${y}" stroke-width="1.5"${dashes}/>
  <path class="head" d="M${tip} ${y} l${-way * 9} -4.5 v9 z"/>`
}

function drawBand(text: string, y: number, width: number): string {
  return `  <rect class="band" x="1" y="${y - 18}" width="${width - 2}" height="24"/>
  <text class="soft" x="${width / 2}" y="${y - 2}" text-anchor="middle" font-style="italic">${escapeXml(text)}</text>`
}

function halfBox(label: string): number {
  return Math.round((label.length * boldCharacterWidth) / 2 + 12)
}

function textWidth(text: string): number {
  return text.length * characterWidth
}
