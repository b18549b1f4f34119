import type { ProductId } from '../products.ts'
import { type Html, html } from './html.ts'

/**
 * Each piece is a silhouette of bare clay, dipped in glaze down to a wavy line, with one light from the left. The box is
 * 400 by 400 and the table stands at y = 310.
 */
type Piece = {
  body: string
  clay: string
  glaze: string
  /** How far down the glaze runs. */
  glazeTo: number
  /** The opening, seen a little from above: centre height, half width, half height. */
  rim: { y: number; rx: number; ry: number; inside: string } | null
  /** Half the width of the shadow on the table. */
  shadow: number
  /** Drawn behind and before the body: handles, lids, stems, a pear. */
  behind: string
  before: string
}

const pieces: Record<ProductId, Piece> = {
  'morning-cup': {
    body: 'M136 176C137 246 149 300 170 308Q200 315 230 308C251 300 263 246 264 176Z',
    clay: '#8c5b3e',
    glaze: '#e6d9c3',
    glazeTo: 270,
    rim: { y: 176, rx: 64, ry: 14, inside: '#b79f82' },
    shadow: 74,
    behind: '',
    before:
      '<path d="M184 148c-10-14 10-20 0-36M212 150c-9-13 9-18 0-32" fill="none" stroke="#fff" stroke-opacity=".5" stroke-width="4" stroke-linecap="round"/>',
  },
  'hearth-teapot': {
    body: 'M112 238C112 190 152 168 200 168S288 190 288 238C288 288 246 311 200 311S112 288 112 238Z',
    clay: '#80553a',
    glaze: '#a9bda4',
    glazeTo: 276,
    rim: null,
    shadow: 108,
    behind:
      '<path d="M276 214C304 212 306 178 330 166L342 178C326 200 322 262 264 270Z" fill="#93a98f"/><path d="M146 186C124 62 276 62 254 186" fill="none" stroke="#6d4a33" stroke-width="9" stroke-linecap="round"/><path d="M168 104q32-16 64 0" fill="none" stroke="#8d6447" stroke-width="13" stroke-linecap="round"/>',
    before:
      '<ellipse cx="200" cy="174" rx="50" ry="11" fill="#8ba187"/><ellipse cx="200" cy="170" rx="46" ry="10" fill="#b6c8b1"/><circle cx="200" cy="154" r="11" fill="#9fb49a"/><circle cx="197" cy="151" r="4" fill="#fff" fill-opacity=".4"/>',
  },
  'deep-bowl': {
    body: 'M98 196C102 264 148 300 174 304L170 314H230L226 304C252 300 298 264 302 196Z',
    clay: '#9a6241',
    glaze: '#3b2a25',
    glazeTo: 288,
    rim: { y: 196, rx: 102, ry: 20, inside: '#261a17' },
    shadow: 86,
    behind: '',
    before:
      '<path d="M98 196a102 20 0 0 0 204 0" fill="none" stroke="#a4552e" stroke-width="5" stroke-linecap="round"/>',
  },
  'field-vase': {
    body: 'M181 128C184 166 178 180 158 200C128 232 134 296 168 309Q200 315 232 309C266 296 272 232 242 200C222 180 216 166 219 128Z',
    clay: '#87583c',
    glaze: '#7d97a8',
    glazeTo: 268,
    rim: { y: 128, rx: 19, ry: 5, inside: '#4c6170' },
    shadow: 84,
    behind:
      '<g fill="none" stroke="#8a8455" stroke-width="3" stroke-linecap="round"><path d="M198 130C194 90 176 66 158 44M201 130C202 88 206 60 210 30M204 130C214 96 230 84 250 70"/></g><g fill="#b58a4c"><ellipse cx="154" cy="40" rx="7" ry="14" transform="rotate(-38 154 40)"/><ellipse cx="211" cy="24" rx="7" ry="15" transform="rotate(6 211 24)"/><ellipse cx="256" cy="65" rx="7" ry="13" transform="rotate(58 256 65)"/></g><g fill="#a3743b"><ellipse cx="181" cy="78" rx="4" ry="9" transform="rotate(40 181 78)"/><ellipse cx="214" cy="74" rx="4" ry="9" transform="rotate(-40 214 74)"/><ellipse cx="226" cy="98" rx="4" ry="8" transform="rotate(20 226 98)"/></g>',
    before: '',
  },
  'salt-plate': {
    body: 'M72 262C84 294 146 304 162 306L160 313H240L238 306C254 304 316 294 328 262Z',
    clay: '#a97a5b',
    glaze: '#efe9dd',
    glazeTo: 292,
    rim: { y: 262, rx: 128, ry: 30, inside: '#e2d9c9' },
    shadow: 120,
    behind: '',
    before:
      '<ellipse cx="200" cy="264" rx="98" ry="21" fill="#ece4d6"/><ellipse cx="208" cy="270" rx="42" ry="8" fill="#3a2c20" fill-opacity=".16"/><path d="M200 176C217 176 216 200 224 214C236 234 228 268 200 268S164 234 176 214C184 200 183 176 200 176Z" fill="#a9ab5c"/><path d="M200 176C217 176 216 200 224 214C236 234 228 268 200 268C222 250 220 214 208 198Z" fill="#8d8f45"/><path d="M200 178C199 168 202 162 208 156" fill="none" stroke="#5b4227" stroke-width="4" stroke-linecap="round"/><ellipse cx="188" cy="226" rx="6" ry="14" fill="#fff" fill-opacity=".25" transform="rotate(14 188 226)"/>',
  },
  'pouring-jug': {
    body: 'M140 148L128 134C146 132 160 136 172 138H252C250 176 270 210 268 258C266 292 250 308 232 310Q200 315 168 310C150 308 134 292 132 258C130 210 148 186 140 148Z',
    clay: '#c79f7c',
    glaze: '#a5532f',
    glazeTo: 222,
    rim: { y: 140, rx: 53, ry: 9, inside: '#5e2d1a' },
    shadow: 92,
    behind:
      '<path d="M252 162C326 142 334 262 264 264" fill="none" stroke="#8c4527" stroke-width="15" stroke-linecap="round"/>',
    before: '',
  },
}

/** The same grains on every visit: a small linear congruential generator, so that pages can be compared. */
function drawSpeckles(seed: number): string {
  let state = seed
  const next = () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
  const grains = Array.from({ length: 70 }, () => {
    const [x, y, size] = [60 + next() * 280, 110 + next() * 200, 0.6 + next() * 1.5]
    return `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${size.toFixed(1)}"/>`
  })
  return `<g fill="#3a2619" fill-opacity=".32">${grains.join('')}</g>`
}

function drawGlazeEdge(y: number): string {
  return `M0 0H400V${y - 4}C350 ${y + 12} 318 ${y - 16} 276 ${y + 2}S214 ${y + 18} 186 ${y + 2}S132 ${y - 14} 96 ${y + 6}S30 ${y + 8} 0 ${y}Z`
}

function drawPiece(id: ProductId, key: string): string {
  const { body, clay, glaze, glazeTo, rim, shadow, behind, before } = pieces[id]
  const opening = rim
    ? `<ellipse cx="200" cy="${rim.y}" rx="${rim.rx}" ry="${rim.ry}" fill="${glaze}"/>
       <ellipse cx="200" cy="${rim.y + 1.5}" rx="${rim.rx - 5}" ry="${rim.ry - rim.ry / 5}" fill="${rim.inside}"/>`
    : ''
  return `<defs>
    <clipPath id="${key}-body"><path d="${body}"/></clipPath>
    <linearGradient id="${key}-light"><stop offset=".14" stop-color="#1d120b" stop-opacity=".2"/><stop offset=".36" stop-color="#fff" stop-opacity=".2"/><stop offset=".56" stop-color="#1d120b" stop-opacity="0"/><stop offset=".88" stop-color="#1d120b" stop-opacity=".42"/></linearGradient>
  </defs>
  <ellipse cx="${200 + shadow / 7}" cy="312" rx="${shadow}" ry="11" class="art-shadow"/>
  ${behind}
  <g clip-path="url(#${key}-body)">
    <rect width="400" height="400" fill="${clay}"/>
    <path d="${drawGlazeEdge(glazeTo + 5)}" fill="#1d120b" fill-opacity=".18"/>
    <path d="${drawGlazeEdge(glazeTo)}" fill="${glaze}"/>
    ${drawSpeckles(id.length * 7919)}
    <rect width="400" height="400" fill="url(#${key}-light)"/>
  </g>
  ${opening}${before}`
}

/** One piece on its table. Decoration: its name always stands beside it in words. `key` makes its inner ids unique. */
export function drawProduct(id: ProductId, key: string): Html {
  return html`<svg class="art art-${id}" viewBox="0 0 400 400" aria-hidden="true" focusable="false">
    <rect width="400" height="400" class="art-wall"/>
    <circle cx="286" cy="120" r="74" class="art-sun"/>
    <rect y="296" width="400" height="104" class="art-table"/>
    ${{ html: drawPiece(id, key) }}
  </svg>`
}

/** Left to right; `center` is where a piece stands on the shelf of 1200. */
const shelf: { id: ProductId; center: number; scale: number }[] = [
  { id: 'field-vase', center: 172, scale: 1.12 },
  { id: 'morning-cup', center: 372, scale: 0.78 },
  { id: 'hearth-teapot', center: 572, scale: 1.04 },
  { id: 'pouring-jug', center: 800, scale: 0.98 },
  { id: 'deep-bowl', center: 1046, scale: 0.84 },
]
const shelfHeight = 352

/** The long shelf at the top of the shop. */
export function drawShelf(): Html {
  const drawn = shelf.map(({ id, center, scale }) => {
    const place = `translate(${center - 200 * scale} ${shelfHeight - 310 * scale}) scale(${scale})`
    return `<g transform="${place}">${drawPiece(id, `shelf-${id}`)}</g>`
  })
  return html`<svg class="art shelf" viewBox="0 0 1200 440" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false">
    <rect width="1200" height="440" class="art-wall"/>
    <circle cx="690" cy="150" r="118" class="art-sun"/>
    <rect y="330" width="1200" height="110" class="art-table"/>
    ${{ html: drawn.join('') }}
  </svg>`
}
