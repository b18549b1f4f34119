import type { Page } from 'playwright-core'

/**
 * Has axe look for contrast at a few elements of each look: on a page of a thousand rows it takes half a minute to judge
 * all, of which most look like another one. Two look alike when all is alike that contrast comes from: colour, size and
 * weight of the text, and of it and everything around it backgrounds, opacity and what is drawn over it. What axe would
 * pass over (hidden, disabled, a single character) is alike only to its like; and since it cannot judge what happens to
 * lie half under something else, the first, second, fourth, eighth … of each look are judged.
 * @returns how many looks there are. Call it again when colours may have changed.
 */
export async function markLooks(page: Page): Promise<number> {
  return page.evaluate<number>(`(() => {
    const around = new Map()
    const drawn = (element, pseudo) => {
      const style = getComputedStyle(element, pseudo)
      return [style.content, style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode,
        style.position, style.zIndex, style.display, style.visibility, style.overflow].join()
    }
    const behind = (element) => {
      if (element === null) return ''
      if (!around.has(element)) {
        const own = [drawn(element), drawn(element, '::before'), drawn(element, '::after')].join('|')
        around.set(element, own + '<' + behind(element.parentElement))
      }
      return around.get(element)
    }
    const numbers = new Map()
    const seen = new Map()
    for (const element of document.querySelectorAll('body, body *')) {
      element.removeAttribute('data-look')
      const { color, fontSize, fontWeight, textShadow, textIndent, clip, clipPath } = getComputedStyle(element)
      const backdrop = behind(element)
      if (!numbers.has(backdrop)) numbers.set(backdrop, numbers.size)
      const isOff = element.closest('[disabled], [aria-disabled=true], [aria-hidden=true], fieldset:disabled') !== null
        || element.closest('label')?.control?.disabled === true
      const text = [...element.childNodes].filter((node) => node.nodeType === 3).map(({ data }) => data).join('').trim()
      const kind = /[\\p{L}\\p{N}]{2}/u.test(text) ? 'words' : text
      const look = [element.localName, color, fontSize, fontWeight, textShadow, textIndent, clip, clipPath,
        numbers.get(backdrop), element.checkVisibility(), isOff, kind].join()
      const count = (seen.get(look) ?? 0) + 1
      seen.set(look, count)
      if ((count & (count - 1)) !== 0) continue
      element.setAttribute('data-look', '')
    }
    axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-look]' }] })
    return seen.size
  })()`)
}
