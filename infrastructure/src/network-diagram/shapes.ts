/** Shapes of the picture, as SVG; their colours are its styles. */
import { escapeXml } from '@fincore/dev/diagrams/svg'
import type { Box } from './place.ts'

export function box(at: Box, title: string, lines: readonly string[], kind: 'box' | 'cards' | 'outside'): string {
  const x = at.x + at.width / 2
  const first = at.y + at.height / 2 - (lines.length * 16) / 2 + 4
  return [
    `  <rect class="${kind}" ${attributes(at)} rx="6"/>`,
    `  <text class="ink" x="${x}" y="${first}" text-anchor="middle" font-weight="600">${escapeXml(title)}</text>`,
    ...lines.map((line, index) => words(x, first + 17 + index * 16, line, 'soft', 'middle')),
  ].join('\n')
}

export const attributes = ({ x, y, width, height }: Box) => `x="${x}" y="${y}" width="${width}" height="${height}"`
export const path = (way: string, isCard: boolean) => `  <path class="line${isCard ? ' card' : ''}" d="${way}"/>`

export function arrowhead(x: number, y: number, way: 'right' | 'down', isCard: boolean): string {
  return `  <path class="head${isCard ? ' cardhead' : ''}" d="M${x} ${y} ${way === 'right' ? 'l-9 -4.5 v9' : 'l-4.5 -9 h9'} z"/>`
}

export function words(x: number, y: number, text: string, kind: string, anchor = 'start'): string {
  return `  <text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escapeXml(text)}</text>`
}
