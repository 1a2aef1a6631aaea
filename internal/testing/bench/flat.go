package main

import (
	"fmt"
	"io"

	"rollbook/internal/file/sheet"
)

// flat shows what reading holds for files of 1 MB and of 1 GB.
func flat() error {
	fmt.Println("reading files that are made as they are read")
	for _, size := range []int{1 << 20, 1 << 30} {
		file := peopleFile{size / peopleWidth}
		peak := watchHeap()
		r, err := sheet.Open(file, file.Size(), sheet.Options{
			KnownColumn: func(s string) bool { return s == "Email" },
			Limits:      sheet.Limits{Rows: 1 << 30},
		})
		if err != nil {
			return err
		}
		n := 0
		for ; ; n++ {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
		if n != file.rows {
			return fmt.Errorf("%d rows read of %d", n, file.rows)
		}
		fmt.Printf("  %5d MB %10d rows   live heap at most %4.1f MB\n", size>>20, n, float64(peak())/1e6)
	}
	fmt.Println()
	return nil
}
