// A cell's editor: CodeMirror, in the colours of the site.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colour = (name) => `var(--md-code-hl-${name}-color)`;
const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.definitionKeyword, tags.moduleKeyword], color: colour("keyword") },
  { tag: [tags.string, tags.special(tags.string)], color: colour("string") },
  { tag: [tags.number, tags.bool, tags.null], color: colour("number") },
  { tag: tags.comment, color: colour("comment") },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)], color: colour("function") },
  { tag: [tags.operator, tags.punctuation], color: colour("operator") },
]);

// Opens in `place`; `changed(text)` is called after each change, `run(forward)` for Shift+Enter and Ctrl+Enter.
export function open(place, text, { label, changed, run }) {
  const keys = [
    { key: "Shift-Enter", run: () => (run(true), true) },
    { key: "Mod-Enter", run: () => (run(false), true) },
    // Tab indents; Escape first lets it leave the editor, for those who have no mouse.
    { key: "Escape", run: (view) => (view.setTabFocusMode(2000), false) },
    indentWithTab,
  ];
  return new EditorView({
    parent: place,
    state: EditorState.create({
      doc: text,
      extensions: [
        history(), python(), indentUnit.of("    "), indentOnInput(), bracketMatching(), syntaxHighlighting(style),
        keymap.of([...keys, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.updateListener.of((update) => { if (update.docChanged) changed(update.state.doc.toString()); }),
      ],
    }),
  });
}
