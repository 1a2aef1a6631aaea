package sheet_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"rollbook/internal/file/sheet"
)

// A file is read as people save it: here with semicolons, a cell over two lines
// and a blank line. Lines are those that an editor shows.
func ExampleReader() {
	file := "Contact;[new] GENRE\r\n#0012;\"Jazz\r\nand blues\"\r\n\r\n#0013;OPERA\r\n"
	r, err := sheet.Open(strings.NewReader(file), int64(len(file)), sheet.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q separated by %q\n", r.Header(), r.Detected().Separator)
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("line %d: %q\n", row.Line, row.Cells)
	}
	// Output:
	// ["Contact" "[new] GENRE"] separated by ";"
	// line 2: ["#0012" "Jazz\r\nand blues"]
	// line 5: ["#0013" "OPERA"]
}
