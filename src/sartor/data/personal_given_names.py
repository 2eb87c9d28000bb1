"""Given names that are common in Europe, the Americas, Turkey, India and the Arab world.

An own list, from general knowledge; names that are everyday words or places too (Mark, Austin) are left out.
"""

from __future__ import annotations

_NAMES = """
    aarav aaron abdul abigail adam adrián agnieszka agnès ahmed ahmet aisha alain alan albert
    alberto aldo alejandro alessandro alessia alexander alexei alfie ali alice alistair alva
    amanda amara amina aminata amit amy amélie ana ananya anders andrea andreas andrew andrzej
    andré andrés angela angelo anil anita anja ann anna anneliese annemarie annika anouk anthony
    antoine antonio antónio archie arjun arthur ashley astrid aurélie axel ayşe barbara beatrice
    beatriz benjamin benoît bernard bernd betty beverly billy birgit birgitta björn bobby boris
    bram brandon brenda brian brigitte brittany bruce bruno bryan callum camille carl carlo
    carlos carmela carmen carolyn catarina catherine charles cheryl chiara chinedu chloe chloé
    christina christine christophe christopher claudia clive colin conceição concepción cornelis
    cristina cynthia céline daan daniel danielle david davide deborah debra deepa denise dennis
    diana diane diego dieter diogo dmitri dolores domenico dominik donald donna doris dorothy
    douglas dylan ebba edward ekaterina elena elif elijah elin elisa elisabeth elizabeth emil
    emily emine emma emre enrique eric erik esther ethan eugene evelyn ewa ewan fabian fabio
    fatima fatma fatoumata federica federico felix femke fernanda fernando finley fiona fleur
    florian frances francesca francesco francisco franco frank franziska françois françoise
    freddie fredrik freya friedrich fritz frédéric fátima gabriel gabriele gareth gary gemma
    george gerald gerrit giorgio giovanna giovanni gisela giulia giuseppe gloria gonçalo graham
    gregory guadalupe guillaume gunilla gunnar gustav gérard göran günter hannah hans harold
    harry haruto hasan hassan hatice heather heike heinrich helen helena helga helmut hendrik
    henrik henry hiroshi hugo hussein hélène hüseyin ibrahim ida imogen ingrid inès inês isaac
    isabel isabella isabelle isla ismail ivan iván iñaki jack jacob jacqueline jacques jakub
    james jan janet janice jason javier jeffrey jennifer jeremy jeroen jerry jesse jessica jesús
    jing jiwoo joan joana joanna joaquín joe johan johanna johannes john jonas jonathan joost
    jorge jose josefa joseph joshua josé joyce joão juan judith judy julia julie julien juliette
    justin jörg jürgen karen karin karl katarzyna katharina katherine kathleen kathryn katrin
    kavita kayla keiko keith kelly kenji kenneth kerstin kevin khadija khalid kimberly klaus
    koen kofi krishna kristina krzysztof kwame kyle lakshmi larry lars laura lauren laurent
    lawrence layla lea leila lena leo leonor lewis liam linda linh linnea linus lisa logan
    lorenzo lori lotte louis luc luca lucas lucia luciano lucy lucía luigi luis lukas luís léa
    maarten magdalena magnus maja malcolm malin manfred manon manuel marc marcin marco margaret
    margareta maria mariana marie marieke marilyn mario markus marloes marta martha martina
    martine mary mason mathieu matilde matteo matthew matthias mattias maxime maximilian
    małgorzata meena megan mehmet melissa mercedes mia michael michał michel michele michelle
    miguel mikael mikhail minh minjun mohamed mohammed monika monique montserrat moritz muhammad
    murat mustafa nancy natalie natasha nathalie nathan neha nerea ngozi niamh niccolò nicholas
    nicolas nicole niels nigel niklas nils noah nour nuno nuria océane olga oliver olivia
    olivier olof olumide omar ornella oscar oskar osman otto owen pablo pamela paola paolo
    pascal patricia patrick paul paula paulo paweł pedro peter petra philip philipp philippe
    pierre pieter pietro pilar piotr pooja poppy priya rachel rahul rainer rajesh ralf ralph
    ramesh ramón randy raquel ravi raymond raúl rebecca renate rhys ricardo riccardo richard
    rita robert rocío roger rohan romain ronald rosario roy ruben rubén rui russell ruth ryan
    sabine sakura salvatore samantha samira samuel sander sandra sandrine sanjay sanne santiago
    sara sarah saskia scott sean sebastian sergei sergio sharon shirley silke silvia simone
    siobhan sipho sofia sophia sophie stefan stefano stephanie stephen steven stig stuart sunil
    sunita suresh susan susanne sven svetlana sylvie sébastien takashi tatiana teresa terry
    thabo theo theresa thierry thijs thomas tiago tim timothy tobias tomasz trevor tyler ulla
    ursula uwe valentina valérie vasco vicente vijay vikram viktor vincent vincenzo vladimir
    véronique walter wayne willem william willie wilma wolfgang wouter ximena xin yasmin ying
    yuki yuko yuri yusuf yves zachary zeynep zoe zofia álvaro åke åsa élodie émilie étienne
"""
GIVEN_NAMES = frozenset(_NAMES.split())
"""In lower case."""
