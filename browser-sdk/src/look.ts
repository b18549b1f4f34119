import type { FieldStyles, FieldsOptions } from './types.ts'

export type Look = Required<FieldStyles>

/** The colours of the sandbox's fields, which have enough contrast on white and on the dark surface (WCAG 1.4.3, 1.4.11). */
const themes = {
  light: {
    textColor: '#1c2127',
    placeholderColor: '#59626d',
    backgroundColor: '#ffffff',
    borderColor: '#868d96',
    focusColor: '#2c4ad0',
    errorColor: '#a8201a',
  },
  dark: {
    textColor: '#eef0f3',
    placeholderColor: '#a9b2bd',
    backgroundColor: '#1b1f26',
    borderColor: '#7b8592',
    focusColor: '#b6c4ff',
    errorColor: '#ffaca4',
  },
} as const

const color = /^(#[\da-f]{3,8}|(rgb|hsl)a?\([\d\s.,%/deg]+\))$/i
const fonts = /^[\w\s,'"-]+$/
/** The least and the most of a size. */
const sizes: Readonly<Record<string, readonly [number, number]>> = {
  fontSize: [12, 24],
  borderRadius: [0, 24],
  spacing: [0, 32],
}

/**
 * How the fields are to look: the theme, and the page's own styles on it. Throws a `TypeError` for a style that is none,
 * since what is passed on to a PSP's frame must not be able to say anything else.
 */
export function readLook({ theme = 'light', styles = {} }: FieldsOptions): Look {
  const { fontFamily } = getComputedStyle(document.body)
  const look: Look = { ...themes[theme], fontFamily, fontSize: 16, borderRadius: 10, spacing: 14 }
  for (const [name, value] of Object.entries(styles)) {
    if (!isStyle(name, value)) throw new TypeError(`styles.${name} is no style of card fields, or its value is none.`)
  }
  return { ...look, ...styles }
}

function isStyle(name: string, value: unknown): boolean {
  const range = sizes[name]
  if (range !== undefined) return typeof value === 'number' && value >= range[0] && value <= range[1]
  if (name !== 'fontFamily' && !(name in themes.light)) return false
  return typeof value === 'string' && (name === 'fontFamily' ? fonts : color).test(value)
}
