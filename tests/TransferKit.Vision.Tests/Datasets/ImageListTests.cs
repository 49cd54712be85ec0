namespace TransferKit.Vision.Tests;

public class ImageListTests
{
    [Theory]
    [InlineData("path,label\nx/1.jpg,b\nx/2.jpg,a\n")]
    [InlineData("path;label\nx/1.jpg;b\nx/2.jpg;a\n")]
    [InlineData("path\tlabel\tnote\r\nx/1.jpg\tb\tblurred, dark\r\nx/2.jpg\ta\t\r\n")]
    [InlineData("\uFEFFpath,label\n\"x/1.jpg\" , \"b\"\nx/2.jpg,a")]
    public void A_table_gives_paths_and_labels(string table)
    {
        using var folder = FolderWith(table, "x/1.jpg", "x/2.jpg");

        var data = ImageList.FromCsv(Path.Join(folder.Path, "table.csv"));

        data.ClassNames.Should().Equal("a", "b");
        data.Labels.Should().Equal(1, 0);
        data.Sources.Select(source => Path.GetFileName(source.Name)).Should().Equal("1.jpg", "2.jpg");
    }

    [Fact]
    public void A_table_without_headings_begins_with_a_sample()
    {
        using var folder = FolderWith("x/1.jpg,b\nx/2.jpg,a\n", "x/1.jpg", "x/2.jpg");
        var path = Path.Join(folder.Path, "table.csv");

        ImageList.FromCsv(path).Labels.Should().Equal(1, 0);
        ImageList.MultiLabelFromCsv(path).Count.Should().Be(2);
        FluentActions.Invoking(() => ImageList.FromCsv(path, labelColumn: "species")).Should().Throw<DatasetException>()
            .WithMessage("*no column 'species'; its first line is a sample and has no headings: x/1.jpg, b.");
    }

    [Fact]
    public void Columns_are_chosen_by_their_headings_and_paths_start_where_told()
    {
        using var folder = FolderWith("id,species,sex,file\n1,cat,m,1.jpg\n2,dog,f,2.jpg\n", "photos/1.jpg", "photos/2.jpg");

        var data = ImageList.FromCsv(
            Path.Join(folder.Path, "table.csv"), pathColumn: "file", labelColumn: "sex", root: Path.Join(folder.Path, "photos"));

        data.ClassNames.Should().Equal("f", "m");
        data.Sources[0].Name.Should().Be(Path.Join(folder.Path, "photos", "1.jpg"));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("path,label\n", "no lines below its headings")]
    [InlineData("path\n1.jpg\n", "no column 2; its columns are path")]
    [InlineData("path,label\n1.jpg,a\n2.jpg,a\n", "every label is 'a'")]
    [InlineData("path,label\n1.jpg,a\n2.jpg,\n", "no label for '2.jpg' in line 3")]
    [InlineData("path,label\n1.jpg,a\n,b\n", "no path in line 3")]
    [InlineData("path,label\n1.jpg,a\n3.jpg,b\n", "in line 3 of the table")]
    public void A_faulty_table_gets_one_clear_line(string table, string expected)
    {
        using var folder = FolderWith(table, "1.jpg", "2.jpg");

        var error = FluentActions.Invoking(() => ImageList.FromCsv(Path.Join(folder.Path, "table.csv")))
            .Should().Throw<DatasetException>().Which;

        error.Message.Should().Contain(expected).And.Contain("table.csv").And.NotContain("\n");
    }

    [Fact]
    public void A_missing_table_and_a_missing_column_are_named()
    {
        using var folder = FolderWith("path,label\n1.jpg,a\n2.jpg,b\n", "1.jpg", "2.jpg");
        FluentActions.Invoking(() => ImageList.FromCsv(Path.Join(folder.Path, "none.csv")))
            .Should().Throw<DatasetException>().WithMessage("*none.csv*can't be read*");
        FluentActions.Invoking(() => ImageList.FromCsv(Path.Join(folder.Path, "table.csv"), labelColumn: "class"))
            .Should().Throw<DatasetException>().WithMessage("*no column 'class'; its columns are path, label*");
    }

    [Fact]
    public void Pictures_at_hand_make_a_dataset()
    {
        var red = ImageSource.FromPixels([255, 0, 0], 1, 1);
        var blue = ImageSource.FromPixels([0, 0, 255], 1, 1);

        var data = ImageList.Create([(red, "red"), (blue, "blue"), (red, "red")]);

        data.ClassNames.Should().Equal("blue", "red");
        data.Labels.Should().Equal(1, 0, 1);
        FluentActions.Invoking(() => ImageList.Create([(red, "red")])).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData("path,tags\n1.jpg,sun sea\n2.jpg,\n3.jpg,sea\n", ' ')]
    [InlineData("path,tags\n1.jpg,sun|sea\n2.jpg,\n3.jpg,sea\n", '|')]
    [InlineData("path,tags\n1.jpg,sun; sea\n2.jpg,\n3.jpg,sea\n", ';')]
    [InlineData("path\ttags\n1.jpg\tsun, sea\n2.jpg\t\n3.jpg\tsea\n", ',')]
    [InlineData("path,tags\n1.jpg,\"sun,sea\"\n2.jpg,\n3.jpg,sea\n", ',')]
    public void A_cell_may_hold_several_labels_or_none(string table, char separator)
    {
        using var folder = FolderWith(table, "1.jpg", "2.jpg", "3.jpg");

        var data = ImageList.MultiLabelFromCsv(Path.Join(folder.Path, "table.csv"), separator: separator);

        data.ClassNames.Should().Equal("sea", "sun");
        data.Targets.Task.Should().Be(LearningTask.MultiLabel);
        data.Targets.Values.SelectMany(values => values).Should().Equal(1, 1, 0, 0, 1, 0);
        ImageList.MultiLabelFromCsv(Path.Join(folder.Path, "table.csv"), separator: separator, classes: ["sun", "snow", "sea"])
            .Targets.Values[0].Should().Equal(1, 0, 1);
    }

    [Fact]
    public void A_class_may_have_a_column_of_its_own()
    {
        using var folder = FolderWith("file,sun,note,sea\n1.jpg,1,x,0.0\n2.jpg,0,y,1.0\n3.jpg,1,z,2\n", "1.jpg", "2.jpg", "3.jpg");
        var table = Path.Join(folder.Path, "table.csv");
        FluentActions.Invoking(() => ImageList.MultiLabelFromCsvColumns(table, ["sun", "sea"]))
            .Should().Throw<DatasetException>().WithMessage("'2' in line 4 of the table*is neither 0 nor 1.");
        File.WriteAllText(table, File.ReadAllText(table).Replace(",2", ",1"));

        var data = ImageList.MultiLabelFromCsvColumns(table, ["sun", "sea"]);

        data.ClassNames.Should().Equal("sun", "sea");
        data.Targets.Values.SelectMany(values => values).Should().Equal(1, 0, 0, 1, 1, 1);
    }

    [Fact]
    public void Paths_may_lack_their_extension()
    {
        using var folder = FolderWith("id,kind\na,x\nb.v2,y\nc,x\nd.png,y\n", "photos/a.png", "photos/b.v2.jpg", "photos/c.png", "photos/d.png");
        var (table, root) = (Path.Join(folder.Path, "table.csv"), Path.Join(folder.Path, "photos"));

        ImageList.FromCsv(table, root: root).Sources.Select(source => Path.GetFileName(source.Name)).Should()
            .Equal("a.png", "b.v2.jpg", "c.png", "d.png");
        File.AppendAllText(table, "e,x\n");
        FluentActions.Invoking(() => ImageList.FromCsv(table, root: root)).Should().Throw<DatasetException>()
            .WithMessage("The image '*e' in line 6 of the table*does not exist, nor with the extension of a picture.");
    }

    [Fact]
    public void Columns_may_hold_numbers_to_predict()
    {
        using var folder = FolderWith("file,age,note,height\n1.jpg,31.5,x,1.7\n2.jpg,-2,y,1e2\n", "1.jpg", "2.jpg");
        var table = Path.Join(folder.Path, "table.csv");

        var data = ImageList.RegressionFromCsv(table, ["height", "age"]);

        data.ClassNames.Should().Equal("height", "age");
        data.Targets.Task.Should().Be(LearningTask.Regression);
        data.Targets.Values.SelectMany(values => values).Should().Equal(1.7f, 31.5f, 100, -2);
        FluentActions.Invoking(() => ImageList.RegressionFromCsv(table, ["note"]))
            .Should().Throw<DatasetException>().WithMessage("'x' in line 2 of the table*isn't a finite number*");
        FluentActions.Invoking(() => ImageList.RegressionFromCsv(table, ["weight"]))
            .Should().Throw<DatasetException>().WithMessage("*no column 'weight'*");
    }

    [Fact]
    public void The_caller_may_give_the_order_of_the_classes()
    {
        using var folder = FolderWith("path,label\n1.jpg,low\n2.jpg,high\n", "1.jpg", "2.jpg");
        var table = Path.Join(folder.Path, "table.csv");

        var data = ImageList.FromCsv(table, classes: ["low", "medium", "high"]);

        data.ClassNames.Should().Equal("low", "medium", "high");
        data.Labels.Should().Equal(0, 2);
        FluentActions.Invoking(() => ImageList.FromCsv(table, classes: ["low", "hihg"])).Should().Throw<DatasetException>()
            .WithMessage("*table.csv*'high' of *2.jpg' is none of the classes low, hihg. Did you mean hihg?");
        FluentActions.Invoking(() => ImageList.FromCsv(table, classes: ["low", "high", "low"])).Should().Throw<DatasetException>()
            .WithMessage("*'low' is named twice*");
    }

    [Fact]
    public void Targets_of_all_kinds_can_be_given_in_code_and_are_shown_in_previews_and_reports()
    {
        using var folder = new TemporaryFolder();
        var (one, two) = (Fixture.Source("rgb_97x61.png"), Fixture.Source("large.jpg"));
        var several = ImageList.CreateMultiLabel([(one, ["sun", "sea"]), (two, [])]);
        var numbers = ImageList.CreateRegression([(one, [1.5f, 2]), (two, [3, 4])], ["x", "y"]);

        foreach (var data in new[] { several, numbers })
        {
            data.Preview(2, Path.Join(folder.Path, "preview.png"));
            data.Inspect().ToString().Should().Contain("2 images");
        }

        several.Inspect().Classes.Select(one => one.Count).Should().Equal(1, 1);
        several.Invoking(data => data.Filter((_, _) => true)).Should().Throw<InvalidOperationException>();
        FluentActions.Invoking(() => ImageList.CreateMultiLabel([(one, [])])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => ImageList.CreateRegression([(one, [1, 2])], ["x"]))
            .Should().Throw<ArgumentException>().WithMessage("2 numbers*not 1*");
        FluentActions.Invoking(() => ImageList.CreateRegression([], ["x"])).Should().Throw<ArgumentException>();
    }

    private static TemporaryFolder FolderWith(string table, params string[] files)
    {
        var folder = new TemporaryFolder();
        File.WriteAllText(Path.Join(folder.Path, "table.csv"), table);
        foreach (var file in files)
            folder.Write(file);
        return folder;
    }
}
