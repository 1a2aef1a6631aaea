// Command rollbook-lookups compares what contacts are found by with the contacts,
// and with -repair puts it right: see docs/operations.md. The tables are named by
// flags, the account by the environment, as for a function.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"rollbook/internal/aws/config"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
)

func main() {
	log.SetFlags(0)
	contacts := flag.String("contacts", "", "`table` of contacts")
	emails := flag.String("emails", "", "`table` of look-ups")
	history := flag.String("history", "", "`table` of the history")
	catalogue := flag.String("catalogue", "", "`table` of the catalogue")
	repair := flag.Bool("repair", false, "put right what is wrong")
	flag.Parse()
	conf, err := config.Load()
	if err != nil {
		log.Fatal(err)
	}
	store := dynamo.NewContacts(dynamo.Open(conf), *contacts, *emails, *history, *catalogue)
	wrong := false
	for _, in := range flag.Args() {
		r, err := store.CheckLookups(context.Background(), domain.InstitutionID(in), *repair)
		if err != nil {
			log.Fatalf("%s: %v", in, err)
		}
		fmt.Printf("%s: %d contacts, %d look-ups, %d claims; %d missing, %d left over, %d claims of nobody, %d histories of nobody; %d put right\n",
			in, r.Contacts, r.Lookups, r.Claims, r.Missing, r.Stale, r.StaleClaims, r.StaleHistories, r.Repaired)
		wrong = wrong || !r.Clean() && !*repair
	}
	if wrong {
		os.Exit(1)
	}
}
