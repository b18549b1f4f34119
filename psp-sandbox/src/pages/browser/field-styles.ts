/** The styles that a merchant's page may give the fields, and the custom property of the style sheet that each is. */
const colors = {
  textColor: '--ink',
  placeholderColor: '--quiet',
  backgroundColor: '--surface',
  borderColor: '--field-line',
  focusColor: '--ring',
  errorColor: '--danger',
} as const
/** In CSS pixels, from the least to the most. */
const sizes = {
  borderRadius: { property: '--field-radius', least: 0, most: 24 },
  spacing: { property: '--field-spacing', least: 0, most: 32 },
} as const

const colorPattern = /^(#[\da-f]{3,8}|(rgb|hsl)a?\([\d\s.,%/deg]{1,60}\))$/i
const fontsPattern = /^[\w\s,'"-]{1,200}$/

/**
 * Gives the page these styles. They come from another origin, so each is looked at here too, whatever the sender did: one
 * that is unknown, of another kind or out of range is left out, and none can say more than a colour, a size or a font.
 */
export function applyStyles(styles: unknown): void {
  if (typeof styles !== 'object' || styles === null) return
  const given = styles as Readonly<Record<string, unknown>>
  // Where the theme's own colours stand.
  const { style } = document.body
  for (const [name, property] of Object.entries(colors)) {
    const value = given[name]
    if (typeof value === 'string' && colorPattern.test(value)) style.setProperty(property, value)
  }
  for (const [name, { property, least, most }] of Object.entries(sizes)) {
    const value = given[name]
    if (typeof value === 'number' && value >= least && value <= most) style.setProperty(property, `${value}px`)
  }
  const { fontFamily, fontSize } = given
  if (typeof fontFamily === 'string' && fontsPattern.test(fontFamily)) style.fontFamily = fontFamily
  // All else on the page is measured by the root's.
  if (typeof fontSize === 'number' && fontSize >= 12 && fontSize <= 24)
    document.documentElement.style.fontSize = `${fontSize}px`
}
