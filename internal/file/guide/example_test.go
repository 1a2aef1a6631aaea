package guide_test

import (
	"bufio"
	"fmt"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/file/guide"
)

// The guide speaks the user's language and names just the files of the zip.
func ExampleREADME() {
	for _, lang := range domain.Languages {
		lines := bufio.NewScanner(strings.NewReader(guide.README(lang, domain.Criteria, domain.FormatXLSX, ";")))
		for n := 0; n < 3 && lines.Scan(); n++ {
			if line := strings.TrimPrefix(lines.Text(), "\ufeff"); line != "" {
				fmt.Println(line)
			}
		}
	}
	// Output:
	// HOW TO USE THIS TEMPLATE
	// 1.  Open criteria.xlsx in your spreadsheet. Only the yellow cells can be
	// MODE D’EMPLOI DE CE MODÈLE
	// 1.  Ouvrez criteria.xlsx dans votre tableur. Seules les cellules jaunes
	// SO VERWENDEN SIE DIESE VORLAGE
	// 1.  Öffnen Sie criteria.xlsx in Ihrer Tabellenkalkulation. Nur die gelben
	// COME USARE QUESTO MODELLO
	// 1.  Apra criteria.xlsx nel Suo foglio di calcolo. Si possono modificare
	// CÓMO USAR ESTA PLANTILLA
	// 1.  Abra criteria.xlsx en su hoja de cálculo. Solo se pueden modificar las
}
