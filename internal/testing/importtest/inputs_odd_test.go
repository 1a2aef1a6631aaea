package importtest_test

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

// 79, 80, 81: lists of systems as they really write them, with parts of a field in
// columns of their own, two telephones and addresses, titles above the header and
// several values in a cell. Each comes in with what nobody knows left out, says what
// it made of the rest, and is undone.
func TestInput79Odd(t *testing.T) {
	const (
		nora = "nora@list.example"
		emil = "emil@list.example"
	)
	for _, c := range []struct {
		name, file, country string
		left                []string // a look leaves these out
		rejected            int
		says                map[string][]string // by the code of a warning
		holds               map[string]values   // by the e-mail address
	}{
		{name: "79 Salesforce, with its mobile and other telephones", left: []string{"Contact ID", "Account Name"},
			file: "Contact ID,Salutation,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,Mailing Zip/Postal Code,Mailing Country,Phone,Mobile,Fax,Email\n" +
				"0031r00002abcDEAAQ,Ms.,Nora,Brunner,Head of HR,Acme,\"Main Street 5\nFloor 2\",Leeds,LS1 4AP,United Kingdom,+44 113 496 0001,+44 7400 123456,,nora@list.example\n" +
				"0031r00002abcDFAAQ,Mr.,Emil,Sommer,,Acme,Side Street 6,York,YO1 7HH,United Kingdom,(01904) 555 001,,,emil@list.example\n",
			says: map[string][]string{"columnsInstead": {"Phone is taken from", "in 1 row", "1 cell"}, "columnsSpare": {"Title (Title)"}, "linesJoined": {"Main Street 5, Floor 2"}},
			holds: map[string]values{nora: {domain.ContactPhone: "+447400123456", domain.ContactStreet: "Main Street 5, Floor 2", domain.ContactTitle: "Ms"},
				emil: {domain.ContactPhone: "+441904555001"}}},
		{name: "79 Salesforce, a report with titles and totals", rejected: 2,
			file:  "Contacts and Accounts\nAs of 2024-11-20 10:00\nFiltered By: All contacts\n\nFirst Name,Last Name,Email,Phone\nNora,Brunner,nora@list.example,+447400123456\nTotal,1,,\nConfidential Information - Do Not Distribute\n",
			says:  map[string][]string{"linesAbove": {"The header is line 5", "3 lines", "Contacts and Accounts"}},
			holds: map[string]values{nora: {domain.ContactPhone: "+447400123456"}}},
		{name: "79 CiviCRM", left: []string{"Contact Type", "Do Not Email", "Sort Name"},
			file: "Internal Contact ID,Contact Type,Individual Prefix,First Name,Last Name,Display Name,Sort Name,Do Not Email,Preferred Language,Birth Date,Street Address,Supplemental Address 1,City,Postal Code,Country,Email\n" +
				"1201,Individual,Ms.,Nora,Brunner,Ms. Nora Brunner,\"Brunner, Nora\",1,en_GB,1985-12-25,Main Street 5,Flat 2,Leeds,LS1 4AP,United Kingdom,nora@list.example\n",
			says:  map[string][]string{"columnsJoined": {"Street is put together from \"Street Address\" and \"Supplemental Address 1\", in 1 row"}},
			holds: map[string]values{nora: {domain.ContactStreet: "Main Street 5, Flat 2", domain.ContactLanguage: "en-GB", domain.ContactBirthDate: "1985-12-25"}}},
		{name: "79 Tessitura", left: []string{"mail_ind", "source_no"},
			file:  "customer_no,prefix,fname,mname,lname,suffix,street1,street2,city,state,postal_code,country,eaddress,phone,mail_ind,source_no\n100234,Ms.,Nora,,Brunner,,Main Street 5,Flat 2,Leeds,,LS1 4AP,United Kingdom,nora@list.example,+441134960001,3,88\n",
			holds: map[string]values{nora: {domain.ContactStreet: "Main Street 5, Flat 2", domain.ContactPhone: "+441134960001"}}},
		{name: "79 Spektrix", left: []string{"Customer ID", "Last Booked", "Tags"},
			file: "Customer ID,Title,First Name,Last Name,Email Address,Telephone 1,Telephone 2,Billing Address Line 1,Billing Address Line 2,Billing Town,Billing Postcode,Billing Country,Contact By Post,Last Booked,Tags\n" +
				"I-ABCD-1234,Ms,Nora,Brunner,nora@list.example,0113 496 0001,07400 123456,Main Street 5,Flat 2,Leeds,LS1 4AP,United Kingdom,No,12/11/2024 19:30,\"Friends, Donor\"\n" +
				"I-ABCD-1235,Mr,Emil,Sommer,emil@list.example,,07400 123457,Side 6,,York,YO1 7HH,United Kingdom,No,13/11/2024 19:30,x\n",
			says: map[string][]string{"columnsInstead": {"in 1 row", "1 cell"}},
			holds: map[string]values{nora: {domain.ContactPhone: "+441134960001", domain.ContactStreet: "Main Street 5, Flat 2", "authorisation:POST": "false"},
				emil: {domain.ContactPhone: "+447400123457", domain.ContactPostcode: "YO1 7HH"}}},
		{name: "79 Ticketmaster", left: []string{"acct_id", "since_date"},
			file:  "acct_id,name_first,name_last,email_addr,phone_day,phone_eve,phone_cell,street_addr_1,street_addr_2,city,zip,country,birth_date,since_date\n88A,Nora,Brunner,nora@list.example,0113 496 0001,,07400 123456,Main Street 5,,Leeds,LS1 4AP,GB,1985-12-25,2019-01-01\n",
			holds: map[string]values{nora: {domain.ContactFirstName: "Nora", domain.ContactPhone: "+447400123456", domain.ContactStreet: "Main Street 5"}}},
		{name: "79 Shopify", left: []string{"Accepts Email Marketing", "Default Address Province Code", "Total Spent"},
			file:  "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Total Spent\n'6812345678901,Nora,Brunner,nora@list.example,yes,Main Street 5,Flat 2,Leeds,ENG,GB,LS1 4AP,'+441134960001,,120.50\n",
			holds: map[string]values{nora: {domain.ContactStreet: "Main Street 5, Flat 2", domain.ContactPostcode: "LS1 4AP", domain.ContactPhone: "+441134960001"}}},
		{name: "79 Wix", left: []string{"Email subscriber status", "Created At (UTC+0)"},
			file:  "First Name,Last Name,Email 1,Email 2,Phone 1,Address 1 - Street,Address 1 - City,Address 1 - Zip,Address 1 - Country,Address 2 - Street,Address 2 - City,Email subscriber status,Created At (UTC+0)\nNora,Brunner,,nora@list.example,+447400123456,Main Street 5,Leeds,LS1 4AP,GB,Other 1,Bath,Subscribed,2023-05-05\n",
			says:  map[string][]string{"columnsInstead": {"Email is taken from \"Email 2\""}, "columnsSpare": {"Address 2 - Street (Street)", "Address 2 - City (City)", "2 cells"}},
			holds: map[string]values{nora: {domain.ContactStreet: "Main Street 5", domain.ContactPostcode: "LS1 4AP"}}},
		{name: "79 Google, as it is today", left: []string{"File As", "Labels"},
			file: "First Name,Middle Name,Last Name,File As,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - Postal Code,Address 1 - Country\n" +
				"Nora,,Brunner,Nora B,,* myContacts,* Home,nora@list.example,Mobile,+447400123456,Home,\"Main Street 5\nLeeds LS1 4AP\nGB\",Main Street 5,Leeds,LS1 4AP,GB\n",
			says:  map[string][]string{"columnsSpare": {"E-mail 1 - Label (Email)", "Phone 1 - Label (Phone)", "Address 1 - Formatted (Street)", "4 cells"}},
			holds: map[string]values{nora: {domain.ContactStreet: "Main Street 5", domain.ContactPostcode: "LS1 4AP", domain.ContactPhone: "+447400123456"}}},
		{name: "79 Stripe", left: []string{"id", "Name", "Created (UTC)"},
			file:  "id,Email,Name,Created (UTC),Address Line1,Address Line2,Address City,Address Zip,Address Country\ncus_Nabc123,nora@list.example,Nora Brunner,2024-01-02 10:11,Main Street 5,Flat 2,Leeds,LS1 4AP,GB\n",
			holds: map[string]values{nora: {domain.ContactStreet: "Main Street 5, Flat 2", domain.ContactCity: "Leeds", domain.ContactCountry: "GB", domain.ContactLastName: ""}}},
		{name: "79 WooCommerce, a row for each order", left: []string{"Order Number", "Order Date"},
			file: "Order Number,Order Date,First Name (Billing),Last Name (Billing),Address 1&2 (Billing),City (Billing),Postcode (Billing),Country Code (Billing),Email (Billing),Phone (Billing),First Name (Shipping),Last Name (Shipping),Address 1&2 (Shipping),City (Shipping)\n" +
				"5001,2024-11-01 10:00,Nora,Brunner,Main Street 5,Leeds,LS1 4AP,GB,nora@list.example,07400 123456,Otto,Other,Else 1,Bath\n5002,2024-11-02 10:00,Nora,Brunner,Main Street 5,Leeds,LS1 4AP,GB,nora@list.example,07400 123456,,,,\n",
			says:  map[string][]string{"columnsSpare": {"First Name (Shipping) (First name)", "City (Shipping) (City)", "4 cells"}, "identicalLines": {"1 line"}},
			holds: map[string]values{nora: {domain.ContactFirstName: "Nora", domain.ContactStreet: "Main Street 5", domain.ContactCity: "Leeds"}}},
		{name: "79 Sage, with a person in the column Contact", country: "FR", left: []string{"Numéro compte", "Intitulé", "Contact"},
			file:  "Numéro compte;Intitulé;Contact;Nom;Prénom;Adresse;Complément;Code postal;Ville;Téléphone;Télécopie;E-mail\nCBRUN;Brunner SA;Nora Brunner;Brunner;Nora;5 rue Haute;Bâtiment B;69001;Lyon;04 72 00 00 01;;nora@list.example\n",
			holds: map[string]values{nora: {domain.ContactStreet: "5 rue Haute, Bâtiment B", domain.ContactPhone: "+33472000001"}}},
		{name: "79 DATEV", country: "DE", left: []string{"Konto", "Adressattyp", "Titel/Akad. Grad"},
			file:  "Konto;Name (Adressattyp Unternehmen);Name (Adressattyp natürl. Person);Vorname (Adressattyp natürl. Person);Name (Adressattyp keine Angabe);Adressattyp;Anrede;Titel/Akad. Grad;Straße;Postleitzahl;Ort;Land;E-Mail\n10001;;Brunner;Nora;;1;Frau;Dr.;Hauptstr. 5;01067;Dresden;DE;nora@list.example\n",
			holds: map[string]values{nora: {domain.ContactLastName: "Brunner", domain.ContactFirstName: "Nora", domain.ContactTitle: "Ms"}}},
		{name: "79 Lexware", country: "DE", left: []string{"Firma", "IBAN", "Kunde seit"},
			file: "Kundennummer;Firma;Anrede;Titel;Vorname;Name;Zusatz;Straße;PLZ;Ort;Land;Telefon 1;Mobil;E-Mail 1;E-Mail 2;IBAN;Kunde seit\n10001;Acme;Frau;Dr.;Nora;Brunner;Hinterhaus;Hauptstr. 5;01067;Dresden;D;0351/1234567;0151/23456789;nora@list.example;;DE02120300000000202051;01.02.2019\n10002;x;Herr;;Emil;Sommer;;Nebenstr. 6;10115;Berlin;D;030/901820;;emil@list.example;;x;\n",
			says: map[string][]string{"columnsSpare": {"Titel (Title)", "1 cell"}, "columnsInstead": {"Telefon 1", "in 1 row", "1 cell"}},
			holds: map[string]values{nora: {domain.ContactTitle: "Ms", domain.ContactStreet: "Hauptstr. 5, Hinterhaus", domain.ContactCountry: "DE", domain.ContactPhone: "+4915123456789"},
				emil: {domain.ContactTitle: "Mr", domain.ContactPhone: "+4930901820"}}},
		{name: "79 a spreadsheet in German, with the house's number apart", country: "DE", left: []string{"Newsletter"},
			file:  "Anrede;Titel;Vorname;Nachname;Straße;Hausnummer;PLZ;Ort;E-Mail;Geburtstag;Newsletter\nFrau;Dr.;Nora;Brunner;Hauptstr.;5a;01067;Dresden;nora@list.example;25.12.1985;ja\n",
			says:  map[string][]string{"columnsJoined": {"Straße", "Hausnummer"}},
			holds: map[string]values{nora: {domain.ContactStreet: "Hauptstr. 5a", domain.ContactBirthDate: "1985-12-25", domain.ContactTitle: "Ms"}}},
		{name: "79 a list in Dutch, with the particle apart",
			file: "Voornaam;Tussenvoegsel;Achternaam;Straat;Huisnummer;Postcode;Woonplaats;Land;Telefoonnummer;Mobiel;E-mailadres;Geboortedatum\nNora;van den;Berg;Dorpsstraat;5;1012 AB;Amsterdam;Nederland;020 123 4567;;nora@list.example;25-12-1985\nEmil;;Jansen;Kerkstraat;6;3511 AA;Utrecht;Nederland;;0612345679;emil@list.example;03-04-1990\n",
			says: map[string][]string{"columnsJoined": {"Last name is put together from \"Tussenvoegsel\" and \"Achternaam\", in 1 row"}},
			holds: map[string]values{nora: {domain.ContactLastName: "van den Berg", domain.ContactStreet: "Dorpsstraat 5", domain.ContactPhone: "+31201234567"},
				emil: {domain.ContactLastName: "Jansen", domain.ContactPhone: "+31612345679", domain.ContactBirthDate: "1990-04-03"}}},
		{name: "79 a list in Italian", left: []string{"Codice fiscale", "Provincia", "Luogo di nascita"},
			file:  "Cognome;Nome;Codice fiscale;Indirizzo;N. civico;CAP;Città;Provincia;Nazione;Cellulare;Email;Data di nascita;Luogo di nascita\nBrunner;Nora;BRNNRO85T65F205X;Via Roma;5;20121;Milano;MI;Italia;333 1234567;nora@list.example;25/12/1985;Milano\n",
			holds: map[string]values{nora: {domain.ContactStreet: "Via Roma 5", domain.ContactPhone: "+393331234567", domain.ContactPostcode: "20121"}}},
		{name: "79 a list in Spanish, with two last names", country: "ES", left: []string{"NIF", "Provincia"},
			file:  "Nombre;Primer apellido;Segundo apellido;NIF;Dirección;C.P.;Población;Provincia;Teléfono fijo;Teléfono móvil;Correo-e;F. nacimiento\nNora;Brunner;López;12345678Z;Calle 5;28001;Madrid;Madrid;912345678;612345678;nora@list.example;25/12/1985\n",
			holds: map[string]values{nora: {domain.ContactLastName: "Brunner López", domain.ContactPhone: "+34612345678"}}},
		{name: "79 a list in French, with the street in three columns", country: "FR",
			file:  "Nom;Prénom;Num de voie;Type de voie;Nom de voie;Code postal;Ville;E-mail\nBrunner;Nora;5;rue;Haute;69001;Lyon;nora@list.example\n",
			holds: map[string]values{nora: {domain.ContactStreet: "5 rue Haute"}}},
		{name: "79 a birth date in three columns",
			file:     "Vorname;Nachname;Geburtsjahr;Geburtsmonat;Geburtstag;E-Mail\nNora;Brunner;1985;12;5;nora@list.example\nEmil;Sommer;1990;April;3;emil@list.example\nIda;Auer;;;;ida@list.example\nJo;Falk;1990;;;jo@list.example\n",
			rejected: 1,
			says:     map[string][]string{"columnsJoined": {"Birth date is put together"}},
			holds:    map[string]values{nora: {domain.ContactBirthDate: "1985-12-05"}, emil: {domain.ContactBirthDate: "1990-04-03"}, "ida@list.example": {domain.ContactBirthDate: ""}}},
		{name: "79 several values in a cell", country: "DE", rejected: 1,
			file: "Vorname;Nachname;E-Mail;Telefon;Adresse\nNora;Brunner;nora@list.example;030 901820 / 0151 23456789;\"Hauptstr. 5\n01067 Dresden\"\nEmil;Sommer;emil@list.example ::: emil2@list.example;+41446681800 ::: +41791234567;Weg 3\nIda;Auer;ida@list.example;\"+41446681800\n+41446681801\";Weg 4\nJo;Falk;jo@list.example, jo2@list.example;;Weg 5\n",
			says: map[string][]string{"severalTaken": {"was taken", "(4 times)"}, "linesJoined": {"Hauptstr. 5, 01067 Dresden"}},
			holds: map[string]values{nora: {domain.ContactPhone: "+4915123456789", domain.ContactStreet: "Hauptstr. 5, 01067 Dresden"}, emil: {domain.ContactPhone: "+41791234567"},
				"ida@list.example": {domain.ContactPhone: "+41446681800"}}},
		{name: "79 a box office, with three lines of a street and a title above",
			file:  "Import de contacts\n\nCONTACT_NR,TITLE,FIRSTNAME,LASTNAME,BIRTHDATE,EMAIL1,CELLPHONE,TELEPHONE,LINE1,LINE2,LINE3,ZIPCODE,TOWN,COUNTRY,PREF_LANG\n0012345678,MRS,Nora,Brunner,25.12.1985,nora@list.example,,+41446681800,Gasse 1,Hinterhaus,3. Stock,3011,Bern,CH,de\n",
			holds: map[string]values{nora: {domain.ContactTitle: "Ms", domain.ContactStreet: "Gasse 1, Hinterhaus, 3. Stock", domain.ContactPhone: "+41446681800"}}},
		{name: "79 Billetweb, a buyer beside the holder of the ticket", country: "FR", left: []string{"Id", "Code barre", "Ref. commande", "Date", "Billet"},
			file: "Id;Code barre;Ref. commande;Date;Billet;Nom;Prénom;Email;Nom (acheteur);Prénom (acheteur);Email (acheteur);Téléphone (acheteur);Code postal #131474;Date de naissance #131475\n" +
				"9001;3000000000001;AB1;12/11/2025 10:22;Plein tarif;Brunner;Nora;nora@list.example;Zahler;Otto;otto@list.example;01 42 34 56 78;75011;25/12/1985\n",
			says:  map[string][]string{"columnsSpare": {"Nom (acheteur) (Last name)", "Téléphone (acheteur) (Phone)"}},
			holds: map[string]values{nora: {domain.ContactLastName: "Brunner", domain.ContactPhone: "", domain.ContactPostcode: "75011", domain.ContactBirthDate: "1985-12-25"}}},
		{name: "79 HelloAsso, who pays for a member", country: "FR", left: []string{"Numéro", "Tarif"},
			file:  "Numéro;Nom adhérent;Prénom adhérent;E-mail adhérent;Nom payeur;Prénom payeur;Email payeur;Adresse payeur;Ville payeur;Tarif\n1;Brunner;Nora;nora@list.example;Zahler;Otto;otto@list.example;3 rue Haute;Rennes;Enfant\n",
			says:  map[string][]string{"columnsSpare": {"Nom payeur", "Ville payeur (City)", "5 cells"}},
			holds: map[string]values{nora: {domain.ContactLastName: "Brunner", domain.ContactFirstName: "Nora", domain.ContactCity: ""}}},
		{name: "79 a box office in German, with a day of another kind", country: "DE", left: []string{"Newsletter", "Letzte Buchung", "Umsatz (EUR)"},
			file: "Kundennr.;Anrede;Titel;Vorname;Name;Zusatz;Straße / Hausnr.;PLZ;Ort;Land;Telefon privat;Telefon mobil;E-Mail-Adresse;Geb.-Datum;Newsletter;Letzte Buchung;Umsatz (EUR)\n" +
				"4711001;Frau;Dr.;Nora;Brunner;c/o Auer;Deichweg 4;26121;Oldenburg;Deutschland;0441 123456;0151 23456780;nora@list.example;25.12.1985;J;12.10.2025;1.234,50\n",
			holds: map[string]values{nora: {domain.ContactStreet: "Deichweg 4, c/o Auer", domain.ContactBirthDate: "1985-12-25", domain.ContactPhone: "+4915123456780"}}},
		{name: "79 Google in German", country: "DE", left: []string{"Labels", "E-Mail-Adresse 1 – Label", "Telefonnummer 1 – Label", "Adresse 1 – Formatiert"},
			file: "Vorname,Zweiter Vorname,Nachname,Geburtstag,Labels,E-Mail-Adresse 1 – Label,E-Mail-Adresse 1 – Wert,Telefonnummer 1 – Label,Telefonnummer 1 – Wert,Telefonnummer 2 – Wert,Adresse 1 – Formatiert,Adresse 1 – Straße,Adresse 1 – Ort,Adresse 1 – Postleitzahl,Adresse 1 – Land\n" +
				"Nora,,Brunner,1985-12-25,* myContacts,* Privat,nora@list.example,Mobil,,+49 441 123456,\"Ring 4\n26121 Oldenburg\",Ring 4,Oldenburg,26121,DE\nEmil,,Sommer, --03-04,* myContacts,* Privat,emil@list.example,,+49 151 23456701,,,,,,\n",
			says: map[string][]string{"noBirthYear": {"--03-04"}},
			holds: map[string]values{nora: {domain.ContactStreet: "Ring 4", domain.ContactCountry: "DE", domain.ContactPhone: "+49441123456", domain.ContactBirthDate: "1985-12-25"},
				emil: {domain.ContactPhone: "+4915123456701", domain.ContactBirthDate: ""}}},
		{name: "79 Outlook in Dutch", left: []string{"Geslacht"},
			file: "Titel,Voornaam,Tweede voornaam,Achternaam,Functie,\"Werkadres, straat\",\"Huisadres, straat\",\"Huisadres, plaats\",\"Huisadres, postcode\",\"Huisadres, land/regio\",Telefoon op werk,Telefoon thuis,Mobiele telefoon,Verjaardag,E-mailadres,Geslacht\n" +
				",Nora,,Brunner,,,Dorpsstraat 5,Utrecht,3511 AA,Nederland,,030 123 4567,,25-12-1985,nora@list.example,Niet opgegeven\n,Emil,,Sommer,,,Kade 9,Delft,2611 AB,Nederland,015 123 4567,,,0-0-00,emil@list.example,Niet opgegeven\n",
			holds: map[string]values{nora: {domain.ContactStreet: "Dorpsstraat 5", domain.ContactPhone: "+31301234567", domain.ContactBirthDate: "1985-12-25"},
				emil: {domain.ContactPhone: "+31151234567", domain.ContactBirthDate: "", domain.ContactPostcode: "2611 AB"}}},
		{name: "79 Ticketmatic, with the number of the house in a second line", left: []string{"id", "customertitleid"},
			file:  "id;firstname;lastname;email;street1;street2;street3;zip;city;country;phone1;customertitleid\n10023;Nora;Brunner;nora@list.example;rue Haute;12;bte 3;1000;Bruxelles;BE;+32 475 12 34 56;2\n10024;Emil;Sommer;emil@list.example;Kerkstraat;5b;;9000;Gent;BE;;1\n",
			holds: map[string]values{nora: {domain.ContactStreet: "rue Haute 12, bte 3"}, emil: {domain.ContactStreet: "Kerkstraat 5b"}}},
		{name: "79 groups of columns above the header", left: []string{"Email ok?"},
			file:  "Contact,,,Address,,,Preferences\nFirst name,Surname,E-mail,Street,Town,Post code,Email ok?\nNora,Brunner,nora@list.example,1 Hill,Leeds,LS1 4AP,yes\n",
			says:  map[string][]string{"linesAbove": {"The header is line 2", "Contact Address Preferences"}},
			holds: map[string]values{nora: {domain.ContactStreet: "1 Hill", domain.ContactCity: "Leeds"}}},
		{name: "79 groups of columns above the header, in each cell",
			file:  "Person,Person,Person,Adresse,Adresse\nVorname,Nachname,E-Mail,Straße,Ort\nNora,Brunner,nora@list.example,Gasse 1,Bern\n",
			says:  map[string][]string{"linesAbove": {"The header is line 2", "Person Adresse"}},
			holds: map[string]values{nora: {domain.ContactStreet: "Gasse 1", domain.ContactCity: "Bern"}}},
		{name: "79 groups of columns above the header of a workbook", left: []string{"Email ok?"},
			file: edited(t, [][]any{{"List of 2026"}, {"Contact", nil, nil, "Address"}, {"First name", "Surname", "E-mail", "Street", "Town", "Email ok?"}, {"Nora", "Brunner", "nora@list.example", "1 Hill", "Leeds", "yes"}, {"Emil", "Sommer", "emil@list.example", "2 Hill", "York"}},
				func(f *excelize.File) error { return f.MergeCell("Sheet1", "A2", "C2") }),
			says:  map[string][]string{"linesAbove": {"The header is line 3", "List of 2026", "Contact Address"}},
			holds: map[string]values{nora: {domain.ContactStreet: "1 Hill"}, emil: {domain.ContactCity: "York"}}},
		{name: "79 a short report with lines below", rejected: 3,
			file:  "\"First Name\",\"Last Name\",\"Email\",\"Town\"\n\"Nora\",\"Brunner\",\"nora@list.example\",\"Leeds\"\n\n\"Grand Totals (1 record)\"\n\n\"Confidential Information - Do Not Distribute\"\n\"Generated By: Sue\"\n",
			holds: map[string]values{nora: {domain.ContactCity: "Leeds"}}},
		{name: "79 a club's list in German, with two telephones and a day of another kind", country: "DE", left: []string{"PLZ/Ort", "Eintritt"},
			file:  "Vorname;Nachname;Straße;PLZ/Ort;E-Mail;Tel. 1;Tel. 2;Eintritt;Sprache\nNora;Brunner;Ring 4;26121 Oldenburg;nora@list.example;;0441 123457;01.02.2019;Deutsch (Schweiz)\nEmil;Sommer;Ring 5;26121 Oldenburg;emil@list.example;0441 123456;;;Deutsch (Du)\n",
			holds: map[string]values{nora: {domain.ContactPhone: "+49441123457", domain.ContactLanguage: "de-CH"}, emil: {domain.ContactPhone: "+49441123456", domain.ContactLanguage: "de"}}},
		{name: "79 a blank column without a name between others",
			file:  "First name,,Surname,E-mail\nNora,,Brunner,nora@list.example\n",
			holds: map[string]values{nora: {domain.ContactLastName: "Brunner"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := importtest.New(t, 0)
			if c.country != "" {
				inCountry(c.country)(t, w)
			}
			look := map[string]string{}
			for _, name := range c.left {
				look[name] = ""
			}
			whole(t, w, domain.Contacts, c.file, func(test, _ domain.Import) {
				rows := len(c.holds)
				if test.Status != domain.Done || test.Counts.Created != rows || test.Counts.Rejected != c.rejected {
					t.Fatalf("%s %+v %+v %v", test.Status, test.Counts, test.Problem, problems(test))
				}
				for code, parts := range c.says {
					for _, s := range parts {
						if got := warned(test, code); !strings.Contains(got, s) {
							t.Errorf("%s %q does not say %q", code, got, s)
						}
					}
				}
				// Each column of the file is accounted for by its name.
				for _, h := range test.Headers {
					if h.By == domain.ByNone {
						t.Errorf("%+v", h)
					}
				}
				for email, want := range c.holds {
					found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{email})
					if err != nil || len(found[email]) != 1 {
						t.Fatal(email, found, err)
					}
					for f, v := range want {
						if got := w.Value(t, demo.Aurora, found[email][0], f); got != v {
							t.Errorf("%s: %s is %q, want %q", email, f, got, v)
						}
					}
				}
				// The same file again changes nothing.
				again := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, c.file, mapped(look))
				if again.Counts.Created+again.Counts.Updated+again.Counts.Conflicted > 0 || again.Counts.Rejected != c.rejected {
					t.Errorf("again: %+v %v", again.Counts, problems(again))
				}
			}, mapped(look))
		})
	}
}

// Columns that belong together may also be said in the recipe, and corrections reach
// them before they are joined.
func TestPartsByTheRecipe(t *testing.T) {
	const file = "Wer,Weg,Nr.,Zwei\nann@list.example,Gasse,5,+41446681800\nbob@list.example,Platz,6,bad\n"
	w := importtest.New(t, 0)
	look := map[string]string{"Wer": "Email", "Weg": "Street", "Nr.": "Street part", "Zwei": "Phone 2"}
	to := "7"
	fixed := "+41446681801"
	imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Update, file, mapped(look),
		corrected(t, w, []domain.Correction{{Column: "Nr.", From: new("6"), To: &to}, {Line: 3, Column: "Zwei", To: &fixed}}))
	if imp.Counts != (domain.Counts{Rows: 2, Created: 2}) {
		t.Fatalf("%+v %+v %v", imp.Counts, imp.Problem, problems(imp))
	}
	found, err := w.Contacts.ByEmail(t.Context(), demo.Aurora, []string{"bob@list.example"})
	if err != nil {
		t.Fatal(err)
	}
	n := found["bob@list.example"][0]
	if s, p := w.Value(t, demo.Aurora, n, domain.ContactStreet), w.Value(t, demo.Aurora, n, domain.ContactPhone); s != "Platz 7" || string(p) != fixed {
		t.Errorf("%q %q", s, p)
	}
	// The next file alike is read so too.
	next := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, file)
	if next.Status != domain.Done || header(t, next, "Nr.").Column != "Street part" || header(t, next, "Nr.").By != domain.ByMemory {
		t.Errorf("%s %+v %+v", next.Status, next.Problem, next.Headers)
	}
}
