import { type FieldWatch, fieldNames, watchFields } from './field-watch.ts'
import { readLook } from './look.ts'
import type { MountOptions } from './mount.ts'
import { textsOf } from './texts.ts'
import type { FieldName } from './types.ts'

/**
 * What stands around the PSP's inputs when its script draws them one by one: labels, frames, and what is wrong, so that
 * every PSP's fields look and speak alike. The inputs themselves are in the PSP's iframes.
 *
 * Styles are set one by one, because a page's Content-Security-Policy forbids style sheets that it does not list.
 */
export type FieldBoxes = {
  root: HTMLElement
  /** Where the PSP's script puts its inputs. */
  holders: Record<FieldName, HTMLElement>
  /** How the text in the PSP's iframes is to look, and which colours an empty and a wrong field have. */
  text: { color: string; fontFamily: string; fontSize: string }
  quiet: { color: string }
  wrong: { color: string }
  /** Shows what it is told, and tells the page. */
  watch: FieldWatch
  /** Until then the boxes keep their place, unseen. */
  show: () => void
}

/** The brands that are not written as their names are. */
const brandLabels: Readonly<Record<string, string>> = { jcb: 'JCB', unionpay: 'UnionPay' }

let lastProblem = 0

/** @param focus called when the shopper presses a label, since a label cannot reach into another origin's iframe */
export function drawFieldBoxes(options: MountOptions, focus: (field: FieldName) => void): FieldBoxes {
  const texts = textsOf(options.locale)
  const look = readLook(options)
  const watch = watchFields(options)
  const { fontSize, spacing, borderColor, focusColor, errorColor } = look
  const root = make(
    'div',
    'fields',
    `display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: ${spacing}px; padding: 4px; color: ${look.textColor}; visibility: hidden`,
  )
  setAttributes(root, { role: 'group', 'aria-label': texts.title })

  const draw = (field: FieldName) => {
    const box = make('div', 'field', `min-width: 0; grid-column: ${field === 'number' ? '1 / -1' : 'auto'}`)
    const line = make(
      'div',
      'label',
      `display: flex; justify-content: space-between; gap: 8px; margin-bottom: 6px; font-size: ${fontSize - 1}px; line-height: 1.5; font-weight: 550; cursor: default`,
    )
    const label = make('span', 'name', '')
    label.textContent = texts[field]
    line.append(label)
    line.onclick = () => focus(field)
    const holder = make(
      'div',
      'input',
      `box-sizing: border-box; display: grid; align-items: center; height: 48px; padding: 0 14px; overflow: hidden; border: 1px solid; border-radius: ${look.borderRadius}px; background: ${look.backgroundColor}`,
    )
    // Its line is always there: if it came when a field is left, the button that is being pressed at that moment would
    // move away from under the finger.
    const problem = make(
      'p',
      'problem',
      `min-height: 20px; margin: 4px 0 ${Math.max(spacing - 8, 0)}px; color: ${errorColor}; font-size: ${fontSize - 2}px; line-height: 20px`,
    )
    problem.id = `fincore-problem-${++lastProblem}`
    setAttributes(problem, { 'aria-live': 'polite' })
    setAttributes(holder, { role: 'group', 'aria-label': texts[field], 'aria-describedby': problem.id })
    box.append(line, holder, problem)
    root.append(box)
    return { line, holder, problem, hasFocus: false }
  }
  const drawn = { number: draw('number'), expiry: draw('expiry'), cvc: draw('cvc') }
  const brandMark = make(
    'span',
    'brand',
    `color: ${look.placeholderColor}; font-size: ${fontSize - 3}px; font-weight: 650`,
  )
  setAttributes(brandMark, { 'aria-live': 'polite' })
  drawn.number.line.append(brandMark)

  const frame = (field: FieldName) => {
    const { holder, problem, hasFocus } = drawn[field]
    const isWrong = problem.textContent !== ''
    setAttributes(holder, { 'aria-invalid': String(isWrong) })
    Object.assign(holder.style, {
      outline: hasFocus ? `3px solid ${focusColor}` : 'none',
      borderColor: hasFocus ? 'transparent' : isWrong ? errorColor : borderColor,
      boxShadow: isWrong && !hasFocus ? `inset 0 0 0 1px ${errorColor}` : 'none',
    })
  }
  fieldNames.map(frame)

  return {
    root,
    holders: { number: drawn.number.holder, expiry: drawn.expiry.holder, cvc: drawn.cvc.holder },
    text: { color: look.textColor, fontFamily: look.fontFamily, fontSize: `${fontSize}px` },
    quiet: { color: look.placeholderColor },
    wrong: { color: errorColor },
    watch: {
      of: watch.of,
      note(field, state, message, brand) {
        drawn[field].problem.textContent = message
        frame(field)
        watch.note(field, state, message, brand)
        const { brand: name } = watch.of(field)
        brandMark.textContent = name && (brandLabels[name] ?? name.charAt(0).toUpperCase() + name.slice(1))
      },
      noteFocus(field, hasFocus) {
        drawn[field].hasFocus = hasFocus
        frame(field)
        watch.noteFocus(field, hasFocus)
      },
    },
    show() {
      root.style.visibility = 'visible'
    },
  }
}

function setAttributes(element: HTMLElement, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
}

function make(tag: 'div' | 'span' | 'p', name: string, style: string): HTMLElement {
  const element = document.createElement(tag)
  element.className = `fincore-${name}`
  element.style.cssText = style
  return element
}
