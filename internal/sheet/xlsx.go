package sheet

import "archive/zip"

func (r *Reader) openWorkbook(z *zip.Reader) error {
	return errNotATable("an .xlsx")
}
