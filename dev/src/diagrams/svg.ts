/** What all pictures of the documentation share, so that they look alike. */
export const font = 'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif" font-size="13"'

// A picture brings its own ground, because a page that shows it as an image cannot tell it which one is behind it.
export const groundStyles = `
    .ground { fill: #ffffff; stroke: #d5dbe3 } .ink { fill: #1f2733 } .soft { fill: #55606f }
    .over { stroke: #ffffff; stroke-width: 5; paint-order: stroke }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #161b22; stroke: #343d49 } .ink { fill: #e6eaf0 } .soft { fill: #a3adba }
      .over { stroke: #161b22 }
    }`

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
