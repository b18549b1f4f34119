import { describeFields, type FieldName, fieldNames } from './field-texts.ts'
import type { FieldsOptions } from './types.ts'

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
  /** How the text in the PSP's iframes is to look. */
  text: { color: string; quiet: string; wrong: string; fontFamily: string; fontSize: string }
  /** An empty text takes the problem away. */
  showProblem: (field: FieldName, text: string) => void
  problemOf: (field: FieldName) => string
  showFocus: (field: FieldName, hasFocus: boolean) => void
  showBrand: (brand: string | null) => void
  /** Until then the boxes keep their place, unseen. */
  show: () => void
}

/** The colours of the sandbox's fields, which have enough contrast on white and on the dark surface (WCAG 1.4.3, 1.4.11). */
const themes = {
  light: { ink: '#1c2127', quiet: '#59626d', line: '#868d96', surface: '#ffffff', ring: '#2c4ad0', danger: '#a8201a' },
  dark: { ink: '#eef0f3', quiet: '#a9b2bd', line: '#7b8592', surface: '#1b1f26', ring: '#b6c4ff', danger: '#ffaca4' },
} as const

const brandLabels: Readonly<Record<string, string>> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'Amex',
  discover: 'Discover',
  diners: 'Diners',
  jcb: 'JCB',
  unionpay: 'UnionPay',
  maestro: 'Maestro',
}

// A browser zooms into a field with smaller text on a phone, and the page is lost from sight.
const fontSize = '16px'

/** @param focus called when the shopper presses a label, since a label cannot reach into another origin's iframe */
export function drawFieldBoxes(options: FieldsOptions, focus: (field: FieldName) => void): FieldBoxes {
  const { texts } = describeFields(options)
  const colours = themes[options.theme ?? 'light']
  const root = make('div', 'fincore-fields', {
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    columnGap: '14px',
    padding: '4px',
    color: colours.ink,
    visibility: 'hidden',
  })
  root.setAttribute('role', 'group')
  root.setAttribute('aria-label', texts.title)

  const draw = (field: FieldName) => {
    const box = make('div', 'fincore-field', { minWidth: '0', gridColumn: field === 'number' ? '1 / -1' : 'auto' })
    const line = make('div', 'fincore-label', {
      display: 'flex',
      justifyContent: 'space-between',
      gap: '8px',
      marginBottom: '6px',
      fontSize: '15px',
      lineHeight: '1.5',
      fontWeight: '550',
      cursor: 'default',
    })
    const label = make('span', '', {})
    label.textContent = texts[field]
    line.append(label)
    line.addEventListener('click', () => focus(field))
    const holder = make('div', 'fincore-input', {
      boxSizing: 'border-box',
      display: 'grid',
      alignItems: 'center',
      height: '48px',
      padding: '0 14px',
      overflow: 'hidden',
      border: `1px solid ${colours.line}`,
      borderRadius: '10px',
      background: colours.surface,
    })
    // Its line is always there: if it came when a field is left, the button that is being pressed at that moment would
    // move away from under the finger.
    const problem = make('p', 'fincore-problem', {
      minHeight: '20px',
      margin: '4px 0 6px',
      color: colours.danger,
      fontSize: '14px',
      lineHeight: '20px',
    })
    problem.setAttribute('aria-live', 'polite')
    box.append(line, holder, problem)
    root.append(box)
    return { line, holder, problem }
  }
  const drawn = { number: draw('number'), expiry: draw('expiry'), cvc: draw('cvc') }
  const brand = make('span', 'fincore-brand', { color: colours.quiet, fontSize: '13px', fontWeight: '650' })
  brand.setAttribute('aria-live', 'polite')
  drawn.number.line.append(brand)

  const focused = new Set<FieldName>()
  const frame = (field: FieldName) => {
    const isWrong = drawn[field].problem.textContent !== ''
    const hasFocus = focused.has(field)
    Object.assign(drawn[field].holder.style, {
      outline: hasFocus ? `3px solid ${colours.ring}` : 'none',
      borderColor: hasFocus ? 'transparent' : isWrong ? colours.danger : colours.line,
      boxShadow: isWrong && !hasFocus ? `inset 0 0 0 1px ${colours.danger}` : 'none',
    })
  }

  return {
    root,
    holders: { number: drawn.number.holder, expiry: drawn.expiry.holder, cvc: drawn.cvc.holder },
    text: {
      color: colours.ink,
      quiet: colours.quiet,
      wrong: colours.danger,
      fontFamily: window.getComputedStyle(document.body).fontFamily,
      fontSize,
    },
    showProblem(field, text) {
      if (drawn[field].problem.textContent === text) return
      drawn[field].problem.textContent = text
      frame(field)
    },
    problemOf: (field) => drawn[field].problem.textContent ?? '',
    showFocus(field, hasFocus) {
      if (hasFocus) focused.add(field)
      else focused.delete(field)
      frame(field)
    },
    showBrand(name) {
      brand.textContent = brandLabels[name ?? ''] ?? ''
    },
    show() {
      root.style.visibility = 'visible'
    },
  }
}

/** The first field that something is wrong with, in the order in which they stand. */
export function findProblem(boxes: FieldBoxes): FieldName | undefined {
  return fieldNames.find((field) => boxes.problemOf(field) !== '')
}

function make(tag: 'div' | 'span' | 'p', name: string, style: Partial<CSSStyleDeclaration>): HTMLElement {
  const element = document.createElement(tag)
  if (name !== '') element.className = name
  Object.assign(element.style, style)
  return element
}
