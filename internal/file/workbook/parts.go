package workbook

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/sheet"
)

// style is an index into the cell formats of styles.
type style byte

const (
	_ style = iota // the default
	lockedHeader
	openHeader
	locked
	open
	loose
	atFault
)

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	main    = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	office  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	pack    = "http://schemas.openxmlformats.org/package/2006/"
	media   = "application/vnd.openxmlformats-officedocument.spreadsheetml."

	contentTypes = xmlHead + `<Types xmlns="` + pack + `content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + media + `sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + media + `worksheet+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet2.xml" ContentType="` + media + `worksheet+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + media + `styles+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`

	rootRels = xmlHead + `<Relationships xmlns="` + pack + `relationships">` +
		`<Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/>` +
		`<Relationship Id="rId2" Type="` + pack + `relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`

	bookRels = xmlHead + `<Relationships xmlns="` + pack + `relationships">` +
		`<Relationship Id="rId1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="` + office + `/worksheet" Target="worksheets/sheet2.xml"/>` +
		`<Relationship Id="rId3" Type="` + office + `/styles" Target="styles.xml"/></Relationships>`

	// Format 49 is text: what is typed stays as it is typed. The cells to write
	// into are the yellow ones.
	styles = xmlHead + `<styleSheet ` + main + `>` +
		`<fonts count="3"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>` +
		`<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>` +
		`<font><sz val="11"/><color rgb="FF595959"/><name val="Calibri"/><family val="2"/></font></fonts>` +
		`<fills count="6"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFD9D9D9"/><bgColor indexed="64"/></patternFill></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFFFD966"/><bgColor indexed="64"/></patternFill></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFFFF9E5"/><bgColor indexed="64"/></patternFill></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFF8CBAD"/><bgColor indexed="64"/></patternFill></fill></fills>` +
		`<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>` +
		`<border><left style="hair"><color rgb="FFBFBFBF"/></left><right style="hair"><color rgb="FFBFBFBF"/></right>` +
		`<top style="hair"><color rgb="FFBFBFBF"/></top><bottom style="hair"><color rgb="FFBFBFBF"/></bottom><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="7"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="49" fontId="1" fillId="2" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"/>` +
		`<xf numFmtId="49" fontId="1" fillId="3" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"/>` +
		`<xf numFmtId="49" fontId="2" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>` +
		`<xf numFmtId="49" fontId="0" fillId="4" borderId="1" xfId="0" applyNumberFormat="1" applyFill="1" applyBorder="1" applyProtection="1"><protection locked="0"/></xf>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="49" fontId="1" fillId="5" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyProtection="1"><protection locked="0"/></xf></cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
)

// valuesName is the hidden sheet.
const valuesName = "Values"

// values appends the sheet whose columns the drop-down lists show.
func (w *Writer) values(b []byte) []byte {
	b = append(b, xmlHead+`<worksheet `+main+`><sheetFormatPr defaultRowHeight="15"/>`...)
	longest, any := 0, false
	for _, l := range w.lists {
		longest, any = max(longest, len(l.options)), any || l.letters != ""
	}
	if any {
		b = fmt.Appendf(b, `<cols><col min="1" max="%d" width="36" style="%d" customWidth="1"/></cols>`, len(w.lists), locked)
	}
	b = append(b, `<sheetData>`...)
	for n := 0; any && n <= longest; n++ {
		b = fmt.Appendf(b, `<row r="%d">`, n+1)
		for _, l := range w.lists {
			s, as := l.field.Code, lockedHeader
			switch {
			case l.letters == "", n > len(l.options):
				continue
			case n > 0:
				s, as = l.options[n-1], locked
			}
			b = fmt.Appendf(b, `<c r="%s%d" s="%d" t="inlineStr"><is>`, l.letters, n+1, as)
			b = appendText(b, s)
			b = append(b, `</is></c>`...)
		}
		b = append(b, `</row>`...)
	}
	return append(b, `</sheetData><sheetProtection sheet="1" objects="1" scenarios="1"/></worksheet>`...)
}

// head appends what stands before the rows, and the header.
func (w *Writer) head(b []byte) []byte {
	first := "B2"
	if len(w.lists) > 0 {
		first = letters(w.lists[0].column) + "2"
	}
	b = append(b, xmlHead+`<worksheet `+main+`><sheetViews><sheetView tabSelected="1" workbookViewId="0">`+
		`<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>`+
		`<selection pane="topRight"/><selection pane="bottomLeft"/>`...)
	b = fmt.Appendf(b, `<selection pane="bottomRight" activeCell="%s" sqref="%[1]s"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`, first)
	names := make([]string, len(w.table.Columns))
	for i, c := range w.table.Columns {
		names[i] = c.Name
		b = fmt.Appendf(b, `<col min="%d" max="%[1]d" width="%d" style="%d" customWidth="1"/>`, i+1, w.width(c), w.style(i, false))
	}
	b = append(b, `</cols><sheetData>`...)
	w.buf = b
	w.row(1, names, nil)
	return w.buf
}

// width is how many characters a column shows: its name with the filter's
// button, and what mostly stands in it.
func (w *Writer) width(c Column) int {
	n := utf8.RuneCountInString(c.Name) + 4
	switch {
	case c.Field == nil:
		n = max(n, 22)
		if strings.Contains(c.Name, "Email") {
			n = 32
		}
	case c.Field.Kind == domain.ContactText:
		n = max(n, min(c.Field.MaxLength/3, 30), 14)
	case field.Of(c.Field.Kind).Check == field.CheckList:
		for _, v := range c.Field.Values {
			size := len(v.Code)
			if c.Open {
				size += 3 + utf8.RuneCountInString(v.Label)
			}
			n = max(n, size+2)
		}
	case field.Of(c.Field.Kind).Check == field.CheckHint, field.Of(c.Field.Kind).Check == field.CheckLength:
		n = max(n, 30)
	default:
		n = max(n, 14)
	}
	return min(n, 44)
}

// tail appends what stands after the rows. Its parts have a fixed order.
func (w *Writer) tail(b []byte) []byte {
	last := w.rows + 1
	b = append(b, `</sheetData>`...)
	if !w.table.Loose {
		// Sorting is allowed, though Excel does it only among open cells; filters
		// work everywhere.
		b = append(b, `<sheetProtection sheet="1" objects="1" scenarios="1" formatColumns="0" formatRows="0" sort="0" autoFilter="0"/>`...)
	}
	all := fmt.Sprintf("A1:%s%d", letters(len(w.table.Columns)-1), last)
	b = fmt.Appendf(b, `<autoFilter ref="%s"/>`, all)
	if w.rows > 0 && len(w.lists) > 0 {
		say := wordsIn(w.table.Language)
		b = fmt.Appendf(b, `<dataValidations count="%d">`, len(w.lists))
		for _, l := range w.lists {
			b = w.validation(b, l, say, last)
		}
		b = append(b, `</dataValidations>`...)
	}
	// Numbers that are text are meant to be.
	return fmt.Appendf(b, `<ignoredErrors><ignoredError sqref="%s" numberStoredAsText="1"/></ignoredErrors></worksheet>`, all)
}

// validation appends the drop-down list and the messages of an open column.
func (w *Writer) validation(b []byte, l list, say words, last int) []byte {
	var kind, more, formula string
	if len(l.options) > 0 {
		kind, formula = "list", fmt.Sprintf("%s!$%s$2:$%[2]s$%d", valuesName, l.letters, len(l.options)+1)
	}
	var strict, may, mistake string
	switch field.Of(l.field.Kind).Check {
	case field.CheckList:
		// Codes and labels by themselves are taken too.
		strict, may, mistake = "warning", say.choice, say.notInList
	case field.CheckOnly:
		strict, may, mistake = "stop", say.yesNo, say.notYesNo
	case field.CheckHint:
		// A list of several values is in no drop-down list.
		may = say.several
	case field.CheckDate:
		kind, formula = "custom", taken(l, "DATEVALUE")
		strict, may, mistake = "warning", say.date, say.notDate
	case field.CheckNumber:
		kind, formula = "custom", taken(l, "VALUE")
		strict, may, mistake = "warning", fmt.Sprintf(say.number, l.field.Decimals), say.notNumber
	case field.CheckLength:
		most := l.field.MaxLength
		if most <= 0 || most > domain.MaxText {
			most = domain.MaxText
		}
		kind, more, formula = "textLength", ` operator="lessThanOrEqual"`, strconv.Itoa(most)
		strict, may, mistake = "warning", fmt.Sprintf(say.text, most), fmt.Sprintf(say.tooLong, most)
	}
	if kind == "" {
		kind = "none"
	}
	b = fmt.Appendf(b, `<dataValidation type="%s"%s allowBlank="1" showInputMessage="1"`, kind, more)
	title := cut(line(l.field.LabelIn(w.table.Language)), maxTitle)
	if strict != "" {
		b = fmt.Appendf(b, ` errorStyle="%s" showErrorMessage="1"`, strict)
		b = attr(b, "errorTitle", title)
		b = attr(b, "error", cut(mistake, maxError))
	}
	b = attr(b, "promptTitle", title)
	b = attr(b, "prompt", cut(strings.TrimPrefix(may+"\n"+say.keep, "\n"), maxPrompt))
	b = fmt.Appendf(b, ` sqref="%s2:%[1]s%d"`, letters(l.column), last)
	if formula == "" {
		return append(b, `/>`...)
	}
	return fmt.Appendf(b, `><formula1>%s</formula1></dataValidation>`, escape(nil, formula))
}

// taken is the formula by which a spreadsheet, in the language of its own, takes
// the text of a column's first cell for a date or a number, or for Empty.
func taken(l list, function string) string {
	cell := letters(l.column) + "2"
	return fmt.Sprintf(`OR(UPPER(TRIM(%s))="EMPTY",ISNUMBER(%s(%[1]s)))`, cell, function)
}

// line makes one line of a label.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

var attrs = strings.NewReplacer(`"`, "&quot;", "\n", "&#10;")

// attr appends an attribute.
func attr(b []byte, name, value string) []byte {
	return fmt.Appendf(b, ` %s="%s"`, name, attrs.Replace(string(escape(nil, value))))
}

// book appends the workbook: its sheets, and where the filter stands.
func (w *Writer) book(b []byte) []byte {
	name := string(escape(nil, w.table.Name))
	b = append(b, xmlHead+`<workbook `+main+` xmlns:r="`+office+`"><bookViews><workbookView activeTab="0"/></bookViews><sheets>`...)
	b = fmt.Appendf(b, `<sheet name="%s" sheetId="1" r:id="rId1"/><sheet name="%s" sheetId="2" state="hidden" r:id="rId2"/></sheets>`, name, valuesName)
	return fmt.Appendf(b, `<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'%s'!$A$1:$%s$%d</definedName></definedNames></workbook>`,
		name, letters(len(w.table.Columns)-1), w.rows+1)
}

// properties are the workbook's own: by them it says that it is a template, and
// of when.
func (w *Writer) properties(b []byte) []byte {
	b = append(b, xmlHead+`<cp:coreProperties xmlns:cp="`+pack+`metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" `+
		`xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`...)
	if !w.table.Made.IsZero() {
		b = fmt.Appendf(b, `<dc:title>%s</dc:title><dcterms:created xsi:type="dcterms:W3CDTF">%s</dcterms:created>`, sheet.TemplateTitle, w.table.Made.UTC().Format(time.RFC3339))
	}
	return append(b, `</cp:coreProperties>`...)
}
