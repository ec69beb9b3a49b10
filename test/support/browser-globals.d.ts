// Names of a browser's types that playwright-core's declarations use. Tests run in Node and have no such objects: what they
// hand to the page is text.
interface Node {}
interface Element extends Node {}
interface HTMLElement extends Element {}
interface SVGElement extends Element {}
interface HTMLElementTagNameMap {}
